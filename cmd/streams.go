package cmd

import (
	"bufio"
	"context"
	"io"
	"strings"

	"golang.org/x/term"
)

// Streams are the standard streams with what is known about them.
type Streams struct {
	In  io.Reader
	Out io.Writer
	Err io.Writer
	// InTTY, OutTTY and ErrTTY tell which of them are terminals.
	InTTY, OutTTY, ErrTTY bool
	// Width and ErrWidth are the numbers of columns of Out and Err; they count
	// only for terminals.
	Width, ErrWidth int
	// Color and ErrColor allow colours on Out and on Err.
	Color, ErrColor bool

	lines *bufio.Reader
}

const defaultWidth = 80

// newStreams looks at the process's streams and at the variables that speak
// about colours.
func newStreams(p Process, env environment) *Streams {
	s := &Streams{In: p.In, Out: p.Out, Err: p.Err, Width: defaultWidth, ErrWidth: defaultWidth}
	s.InTTY = isTerminal(p.In)
	s.OutTTY = isTerminal(p.Out)
	s.ErrTTY = isTerminal(p.Err)
	if s.OutTTY {
		s.Width = columns(p.Out)
	}
	if s.ErrTTY {
		s.ErrWidth = columns(p.Err)
	}
	s.Color = allowsColor(env, s.OutTTY)
	s.ErrColor = allowsColor(env, s.ErrTTY)
	return s
}

// descriptor is a stream that is a file.
type descriptor interface{ Fd() uintptr }

func isTerminal(stream any) bool {
	file, ok := stream.(descriptor)
	return ok && term.IsTerminal(int(file.Fd()))
}

func columns(stream any) int {
	file, ok := stream.(descriptor)
	if !ok {
		return defaultWidth
	}
	width, _, err := term.GetSize(int(file.Fd()))
	if err != nil || width <= 0 {
		return defaultWidth
	}
	return width
}

// allowsColor follows no-color.org first, then CLICOLOR_FORCE, then the
// terminal.
func allowsColor(env environment, tty bool) bool {
	if env.get("NO_COLOR") != "" {
		return false
	}
	if force := env.get("CLICOLOR_FORCE"); force != "" && force != "0" {
		return true
	}
	return tty && env.get("TERM") != "dumb" && env.get("CLICOLOR") != "0"
}

// canAsk reports whether a person can be asked something.
func (s *Streams) canAsk() bool { return s.InTTY && s.OutTTY }

// readLine reads one line of In, without its end. It returns when the context
// ends, although the terminal is still being read then.
func (s *Streams) readLine(ctx context.Context) (string, error) {
	if s.lines == nil {
		s.lines = bufio.NewReader(s.In)
	}
	type answer struct {
		line string
		err  error
	}
	got := make(chan answer, 1)
	go func() {
		line, err := s.lines.ReadString('\n')
		got <- answer{line, err}
	}()
	select {
	case <-ctx.Done():
		return "", ctx.Err()
	case a := <-got:
		if a.err != nil && a.line == "" {
			return "", a.err
		}
		return strings.TrimRight(a.line, "\r\n"), nil
	}
}
