package proof

import (
	"bufio"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
)

// junitCase is a <testcase> in the making.
type junitCase struct {
	name, class string
	failed      bool
	skipped     bool
	message     string
}

// junit follows a JUnit XML report: <testsuites> of <testsuite> of <testcase>,
// with <failure>, <error> or <skipped> inside of a case.
type junit struct {
	rep   *builder
	stack []string
	test  *junitCase
	// declared is what the suites say of themselves, summed over those
	// suites that directly hold cases or nothing.
	declaredFailed int
}

func parseJUnit(r *bufio.Reader, rep *builder) error {
	rep.Tests = &TestCounts{}
	j := &junit{rep: rep}
	if err := walkXML(r, j.open, j.closeTag); err != nil {
		return err
	}
	if rep.Tests.Failed == 0 && j.declaredFailed > 0 {
		rep.Broken = true
		rep.failure("the report declares %s that it does not list", plural(j.declaredFailed, "failure"))
	}
	rep.tests("suite", "")
	return nil
}

func (j *junit) open(tag xml.StartElement) error {
	name := tag.Name.Local
	switch depth := len(j.stack); {
	case depth == 0 && name != "testsuites" && name != "testsuite":
		return fmt.Errorf("its root is <%s>, not <testsuites> or <testsuite>", name)
	case name == "testsuite":
		j.rep.Tests.Packages++
		fallthrough
	case name == "testsuites":
		for _, key := range []string{"failures", "errors"} {
			value := attr(tag, key)
			if value == "" {
				continue
			}
			n, err := strconv.Atoi(value)
			if err != nil || n < 0 {
				return fmt.Errorf("<%s %s=%q> is not a count", name, key, value)
			}
			j.declaredFailed += n
		}
	case name == "testcase":
		if j.test != nil {
			return errors.New("a <testcase> stands inside of another")
		}
		j.test = &junitCase{name: attr(tag, "name"), class: attr(tag, "classname"), skipped: attr(tag, "status") == "notrun"}
	case j.test != nil && j.stack[depth-1] == "testcase":
		switch name {
		case "failure", "error":
			j.test.failed = true
			j.test.message = attr(tag, "message")
		case "skipped":
			j.test.skipped = true
		}
	}
	j.stack = append(j.stack, name)
	return nil
}

func (j *junit) closeTag(name string) error {
	j.stack = j.stack[:len(j.stack)-1]
	if name != "testcase" || j.test == nil {
		return nil
	}
	t, counts := j.test, j.rep.Tests
	j.test = nil
	counts.Total++
	switch {
	case t.failed:
		counts.Failed++
		full := strings.TrimPrefix(t.class+"."+t.name, ".")
		if t.message != "" {
			full += ": " + t.message
		}
		j.rep.failure("%s", full)
	case t.skipped:
		counts.Skipped++
	default:
		counts.Passed++
	}
	return nil
}

func attr(tag xml.StartElement, name string) string {
	for _, a := range tag.Attr {
		if a.Name.Local == name {
			return a.Value
		}
	}
	return ""
}

// walkXML calls open and closeTag for each element of a document that must have
// exactly one root and end with it.
func walkXML(r io.Reader, open func(xml.StartElement) error, closeTag func(string) error) error {
	const maxDepth = 1000
	dec := xml.NewDecoder(r)
	dec.CharsetReader = charset
	depth, roots := 0, 0
	for {
		token, err := dec.Token()
		if errors.Is(err, io.EOF) {
			if roots == 0 {
				return errEmpty
			}
			return nil
		}
		if err != nil {
			return fmt.Errorf("read XML: %w", err)
		}
		switch t := token.(type) {
		case xml.StartElement:
			if depth == 0 {
				roots++
				if roots > 1 {
					return errors.New("it has more than one root element")
				}
			}
			depth++
			if depth > maxDepth {
				return errors.New("its elements are nested too deeply")
			}
			err = open(t)
		case xml.EndElement:
			depth--
			err = closeTag(t.Name.Local)
		}
		if err != nil {
			return err
		}
	}
}

// charset lets through the encodings in which ASCII is ASCII. Letters beyond it
// may be shown wrongly, which changes no result.
func charset(label string, input io.Reader) (io.Reader, error) {
	switch strings.ToLower(label) {
	case "utf-8", "us-ascii", "ascii", "iso-8859-1", "iso-8859-15", "latin1", "windows-1252":
		return &latin1Reader{r: input}, nil
	default:
		return nil, fmt.Errorf("the character set %q is not supported", label)
	}
}

// latin1Reader replaces bytes beyond ASCII by question marks.
type latin1Reader struct{ r io.Reader }

func (l *latin1Reader) Read(p []byte) (int, error) {
	const lastASCII = 0x7f
	n, err := l.r.Read(p)
	for i := range p[:n] {
		if p[i] > lastASCII {
			p[i] = '?'
		}
	}
	return n, err
}
