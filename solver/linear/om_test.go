package linear
import "testing"
func TestOmega(t *testing.T) {
	for _, n := range []int{48,64,96} {
		for _, c := range [][3]float64{{1,1e4,.05},{1,1e4,1},{1,1e2,.05},{1.9,1e2,100},{1.9,1e4,100},{.1,1e4,.05},{.1,1e2,100},{.25,1e2,1}} {
			p := cartesian(c[0], c[1], n, n, n)
			op := p.operator()
			bs := [][]float64{gaussian(p), random(op.Cells())}
			var its []int
			for _, om := range [][2]float64{{.999,0},{1,0},{1,.005},{1,.01},{1,.02},{1,.04},{1,.08}} {
				omega, floor = om[0],om[1]
				s, _ := New(op, c[2], Options{})
				x := make([]float64, op.Cells())
				for _, b := range bs { st, err := s.Solve(x, b); if err != nil { t.Error(err) }; its = append(its, st.Iterations) }
			}
			t.Log(n, c, its)
		}
	}
}
