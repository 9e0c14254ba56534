//go:build unix

package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"
)

const sectionSync = "Markdown files in step with the database, as whole processes"

// sync measures bringing the files in step: nothing changed, and one line that
// was edited by hand.
func (r *rig) sync(ctx context.Context) ([]*figure, error) {
	const rounds, unchanged, changed = 20, 150, 300
	for _, s := range []*subject{r.big, r.huge} {
		if _, err := r.took(ctx, s.dir, []string{r.binary, "sync"}); err != nil {
			return nil, err
		}
	}
	still := func(s *subject) func() (time.Duration, error) { return r.process(ctx, s.dir, r.binary, "sync") }
	edited := func(s *subject) func() (time.Duration, error) {
		n := 0
		return func() (time.Duration, error) {
			n++
			if err := retitle(filepath.Join(s.dir, "docs", "TASKS.md"), n); err != nil {
				return 0, err
			}
			return r.took(ctx, s.dir, []string{r.binary, "sync"})
		}
	}
	s, err := r.race(ctx, r.rounds(rounds), still(r.big), still(r.huge), edited(r.big), edited(r.huge))
	if err != nil {
		return nil, err
	}
	size := float64(r.big.tasks)
	return []*figure{
		newFigure(sectionSync, "`sync`, nothing changed, p50", millis, s[0].at(half)).goal(unchanged).tenfold(size, s[1].at(half)),
		newFigure(sectionSync, "`sync`, one line edited, p50", millis, s[2].at(half)).goal(changed).tenfold(size, s[3].at(half)),
	}, nil
}

var errNoRow = errors.New("no row of a task in TASKS.md")

// retitle gives a task in the middle of the file another title.
func retitle(file string, n int) error {
	text, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	row := bytes.Index(text[len(text)/2:], []byte("\n- ["))
	if row < 0 {
		return errNoRow
	}
	row += len(text)/2 + 1
	end := row + bytes.IndexByte(text[row:], '\n')
	edited := append(append(bytes.Clone(text[:end]), fmt.Sprintf(" %d", n%10)...), text[end:]...)
	return os.WriteFile(file, edited, 0o600) //nolint:gosec // one of ours
}
