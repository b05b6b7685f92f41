package validation

import "testing"

func TestLiouville(t *testing.T) {
	checkRows(t, rowsOf(t, false, liouvilleClaim), 12)
	if rows, failed := failures(t, liouvilleClaim, faster); len(failed) < 6 {
		t.Errorf("1%% faster: only %q of %d rows fail", failed, rows)
	}
}
