package config

import (
	"bytes"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"unicode/utf8"

	"github.com/pelletier/go-toml/v2"
	"github.com/pelletier/go-toml/v2/unstable"
)

// utf8Mark is what some editors put before a text in UTF-8. It says nothing.
const utf8Mark = "\xef\xbb\xbf"

// plainText returns the text of a file without a mark before it. TOML is UTF-8; a file in UTF-16 or
// UTF-32 tells itself by its mark or by the zero bytes in every letter of ASCII.
func plainText(name string, data []byte) ([]byte, error) {
	wide := bytes.HasPrefix(data, []byte("\xff\xfe")) || bytes.HasPrefix(data, []byte("\xfe\xff"))
	if wide || bytes.IndexByte(data[:min(4, len(data))], 0) >= 0 {
		return nil, &Error{File: name, Line: 1, Msg: "the text is in UTF-16 or UTF-32, and TOML " +
			"is UTF-8 (save the file as UTF-8)"}
	}
	if bytes.IndexByte(data, '\r') >= 0 && bytes.IndexByte(data, '\n') < 0 {
		return nil, &Error{File: name, Line: 1, Msg: `the lines end with \r alone, ` +
			`which TOML does not know (save the file with \n or \r\n)`}
	}
	return bytes.TrimPrefix(data, []byte(utf8Mark)), nil
}

// What a config may have at most. No problem comes near; what does is no config, and would take
// hours or all memory to say so.
const (
	mostBytes = 64 << 20 // a million output times
	mostKeys  = 10000    // and tables
	mostParts = 32       // of a key between its points
)

// checkExtent refuses a text beyond these limits, before anything grows with it.
func checkExtent(name string, text []byte) error {
	if len(text) > mostBytes {
		return &Error{File: name, Msg: fmt.Sprintf("the file has %d bytes, and a config has at "+
			"most %d (give a config)", len(text), mostBytes)}
	}
	var parser unstable.Parser
	parser.Reset(text)
	for keys := 0; parser.NextExpression(); keys++ {
		line := func(raw unstable.Range) int { return parser.Shape(raw).Start.Line }
		node := parser.Expression()
		parts := 0
		for it := node.Key(); it.Next(); {
			if parts++; parts > mostParts {
				return &Error{File: name, Line: line(it.Node().Raw),
					Msg: fmt.Sprintf("the key has more than %d parts (fpsgd list shows all keys)",
						mostParts)}
			}
			if keys >= mostKeys {
				return &Error{File: name, Line: line(it.Node().Raw),
					Msg: fmt.Sprintf("there are more than %d keys and tables (give a config)",
						mostKeys)}
			}
		}
	}
	return nil // what is no TOML, the decoder tells
}

// syntaxError is the decoder's error, with the fix that the line suggests.
func syntaxError(name string, text []byte, err error) error {
	e := &Error{File: name, Msg: strings.TrimPrefix(err.Error(), "toml: "), Err: err}
	fix := "correct the TOML"
	if decodeError, ok := errors.AsType[*toml.DecodeError](err); ok {
		e.Line, _ = decodeError.Position()
		e.Key = strings.Join(decodeError.Key(), ".")
		lines := bytes.Split(text, []byte("\n"))
		if e.Key == "" && e.Line > 0 && e.Line <= len(lines) {
			fix = syntaxFix(string(lines[e.Line-1]))
		}
	}
	e.Msg += " (" + fix + ")"
	return e
}

// slips are ways to write a line that TOML does not take, and what to write instead.
var slips = []struct{ line, fix string }{
	{"[\u201c\u201d\u201e\u2018\u2019\u00ab\u00bb]", "write the quotes as \""},
	{"[\u2010-\u2015\u2212]", "write the minus sign as -"},
	{"[\u00a0\u2000-\u200b\u202f\u3000\ufeff]", "the line holds a space that is none of ASCII: " +
		"write a plain one"},
	{`=[^"'#]*(?:^|[^\d])\.\d`, "write a digit before the point, as in 0.5"},
	{`=[^"'#]*\d\.(?:[^\d]|$)`, "write a digit after the point, as in 5.0"},
	{`=\s*[+-]?\d+,\d+\s*(?:#|$)`, "write a point for the decimal comma, as in 0.25"},
	{`=\s*[+-]?0\d`, "leave out the zeros before the number"},
	{`=\s*[+-]?(?:True|False|TRUE|FALSE|Inf|INF|NaN|NAN)\b`,
		"write true, false, inf and nan in small letters"},
	{`=\s*[+-]?[\d.]+[dD][+-]?\d`, "write the exponent with e, as in 2.5e-1"},
	{`=\s*[^"'\s\[{#][^"'#]*$`, "write a text in quotes, and a number as one number, not as a " +
		"formula"},
}

// syntaxFix says how to correct a line that is no TOML.
func syntaxFix(line string) string {
	if !utf8.ValidString(line) {
		return "save the file as UTF-8"
	}
	for _, s := range slips {
		if regexp.MustCompile(s.line).MatchString(strings.TrimSpace(line)) {
			return s.fix
		}
	}
	return "correct the TOML"
}
