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

// eachLine calls f for each line that is not blank. A last line without its
// newline counts; lines are bounded only by the report's size.
func eachLine(r *bufio.Reader, f func(line string) error) error {
	found := false
	for n := 1; ; n++ {
		line, err := r.ReadString('\n')
		if err != nil && !errors.Is(err, io.EOF) {
			return fmt.Errorf("read line %d: %w", n, err)
		}
		if line = strings.TrimSpace(line); line != "" {
			found = true
			if fErr := f(line); fErr != nil {
				return fmt.Errorf("line %d: %w", n, fErr)
			}
		}
		if err != nil {
			if !found {
				return errEmpty
			}
			return nil
		}
	}
}

// coverBlock is a block of statements; a profile may list it several times, once
// for each test binary.
type coverBlock struct {
	statements int64
	covered    bool
}

// parseGoCover reads a profile of `go test -coverprofile`: "mode: set", then
// lines "file:line.col,line.col statements count".
func parseGoCover(r *bufio.Reader, rep *builder) error {
	blocks := map[string]coverBlock{}
	mode := false
	err := eachLine(r, func(line string) error {
		if !mode {
			switch line {
			case "mode: set", "mode: count", "mode: atomic":
				mode = true
				return nil
			}
			return errors.New(`it does not begin with "mode: set", "mode: count" or "mode: atomic"`)
		}
		key, statements, count, err := coverLine(line)
		if err != nil {
			return err
		}
		known, seen := blocks[key]
		if seen && known.statements != statements {
			return fmt.Errorf("the block %s has %d statements and had %d before", key, statements, known.statements)
		}
		blocks[key] = coverBlock{statements: statements, covered: known.covered || count > 0}
		return rep.items(len(blocks))
	})
	if err != nil {
		return err
	}
	var total, covered int64
	for _, b := range blocks {
		total += b.statements
		if b.covered {
			covered += b.statements
		}
	}
	rep.coverage(covered, total, "statements")
	return nil
}

// coverLine splits a line of a profile from its end, since the file's name may
// hold anything.
func coverLine(line string) (key string, statements, count int64, err error) {
	bad := fmt.Errorf("%.80q is not a block of a profile", line)
	key, last, ok := cutLastSpace(line)
	if !ok {
		return "", 0, 0, bad
	}
	key, middle, ok := cutLastSpace(key)
	if !ok {
		return "", 0, 0, bad
	}
	colon := strings.LastIndexByte(key, ':')
	if colon <= 0 {
		return "", 0, 0, bad
	}
	from, to, ok := strings.Cut(key[colon+1:], ",")
	if !ok || !isPosition(from) || !isPosition(to) {
		return "", 0, 0, bad
	}
	const maxStatements = 1 << 31
	statements, err1 := strconv.ParseInt(middle, 10, 64)
	number, err2 := strconv.ParseUint(last, 10, 64)
	if err1 != nil || err2 != nil || statements < 0 || statements > maxStatements {
		return "", 0, 0, bad
	}
	return key, statements, int64(min(number, 1)), nil
}

func cutLastSpace(s string) (before, after string, found bool) {
	i := strings.LastIndexByte(s, ' ')
	if i < 0 {
		return s, "", false
	}
	return s[:i], s[i+1:], true
}

func isPosition(s string) bool {
	line, col, ok := strings.Cut(s, ".")
	_, err1 := strconv.ParseUint(line, 10, 32)
	_, err2 := strconv.ParseUint(col, 10, 32)
	return ok && err1 == nil && err2 == nil
}

// fileLine is a line of a file.
type fileLine struct {
	file string
	line int64
}

// lineCoverage merges the lines of all records.
type lineCoverage struct {
	rep   *builder
	lines map[fileLine]bool
}

func (c *lineCoverage) add(file string, line int64, hit bool) error {
	key := fileLine{file: file, line: line}
	c.lines[key] = c.lines[key] || hit
	return c.rep.items(len(c.lines))
}

func (c *lineCoverage) finish() {
	covered := int64(0)
	for _, hit := range c.lines {
		if hit {
			covered++
		}
	}
	c.rep.coverage(covered, int64(len(c.lines)), "lines")
}

// parseLCOV reads a tracefile: per file "SF:path", "DA:line,hits[,checksum]",
// and others, up to "end_of_record".
func parseLCOV(r *bufio.Reader, rep *builder) error {
	cov := &lineCoverage{rep: rep, lines: map[fileLine]bool{}}
	file, open := "", false
	err := eachLine(r, func(line string) error {
		if line == "end_of_record" {
			if !open {
				return errors.New("end_of_record without SF")
			}
			open = false
			return nil
		}
		if strings.HasPrefix(line, "#") {
			return nil
		}
		key, value, ok := strings.Cut(line, ":")
		if !ok || key == "" || strings.Trim(key, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") != "" {
			return fmt.Errorf("%.80q is not a line of a tracefile", line)
		}
		switch key {
		case "SF":
			if open || value == "" {
				return errors.New("SF inside of a record, or without a file")
			}
			file, open = value, true
		case "DA":
			number, hit, err := lcovLine(value)
			if err != nil || !open {
				return fmt.Errorf("DA:%.80s is not in a record, or not a line with its hits", value)
			}
			return cov.add(file, number, hit)
		}
		return nil
	})
	if err != nil {
		return err
	}
	if open {
		return errors.New("the last record has no end")
	}
	cov.finish()
	return nil
}

// lcovLine reads "line,hits" with an optional checksum. Some tools write counts
// as floating-point numbers.
func lcovLine(value string) (line int64, hit bool, err error) {
	number, rest, ok := strings.Cut(value, ",")
	if !ok {
		return 0, false, errors.New("no hits")
	}
	hits, _, _ := strings.Cut(rest, ",")
	if line, err = strconv.ParseInt(number, 10, 64); err != nil {
		return 0, false, err
	}
	count, err := strconv.ParseFloat(hits, 64)
	if err != nil {
		return 0, false, err
	}
	return line, count > 0, nil
}

// cobertura follows <coverage>…<class filename><lines><line number hits/>.
// Lines of <method> repeat those of their class; counting each line of a file
// once takes care of that.
type cobertura struct {
	cov   *lineCoverage
	depth int
	file  string
}

func parseCobertura(r *bufio.Reader, rep *builder) error {
	c := &cobertura{cov: &lineCoverage{rep: rep, lines: map[fileLine]bool{}}}
	if err := walkXML(r, c.open, c.closeTag); err != nil {
		return err
	}
	c.cov.finish()
	return nil
}

func (c *cobertura) open(tag xml.StartElement) error {
	name := tag.Name.Local
	if c.depth == 0 && name != "coverage" {
		return fmt.Errorf("its root is <%s>, not <coverage>", name)
	}
	c.depth++
	switch name {
	case "class":
		if c.file = attr(tag, "filename"); c.file == "" {
			return errors.New("a <class> has no filename")
		}
	case "line":
		number, err1 := strconv.ParseInt(attr(tag, "number"), 10, 64)
		hits, err2 := strconv.ParseUint(attr(tag, "hits"), 10, 64)
		if err := errors.Join(err1, err2); err != nil {
			return fmt.Errorf("a <line> has no number or hits: %w", err)
		}
		if c.file == "" {
			return errors.New("a <line> stands outside of a <class>")
		}
		return c.cov.add(c.file, number, hits > 0)
	}
	return nil
}

func (c *cobertura) closeTag(name string) error {
	c.depth--
	if name == "class" {
		c.file = ""
	}
	return nil
}
