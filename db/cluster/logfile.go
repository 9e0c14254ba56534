package cluster

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"
)

const (
	maxLogSize   = 4 << 20 // one older file of this size is kept
	tailLines    = 12
	maxTailBytes = 8 << 10
)

// openLog opens the log for appending and gives it to the server's user.
func (c Config) openLog(acc account) (*os.File, error) {
	file, err := os.OpenFile(c.logFile(), os.O_WRONLY|os.O_APPEND|os.O_CREATE, filePerm)
	if err != nil {
		return nil, because(err, CodeDataDirUnusable, "", "cannot open the log")
	}
	if err := acc.own(c.logFile()); err != nil {
		return nil, errors.Join(err, file.Close())
	}
	return file, nil
}

// boundLog copies a log that has grown too long to <name>.1 and empties it.
// The server appends, so it goes on at the beginning; renaming would leave it
// writing to the old file.
func boundLog(path string, limit int64) error {
	info, err := os.Stat(path)
	if err != nil || info.Size() <= limit {
		return err
	}
	from, err := os.Open(path)
	if err != nil {
		return err
	}
	defer func() { _ = from.Close() }() // only read
	to, err := os.OpenFile(path+".1", os.O_WRONLY|os.O_CREATE|os.O_TRUNC, filePerm)
	if err != nil {
		return err
	}
	_, err = io.Copy(to, from)
	return errors.Join(err, to.Close(), os.Truncate(path, 0))
}

// say writes a line of the supervisor's own into the log.
func (s *supervisor) say(format string, args ...any) {
	line := fmt.Sprintf(format, args...)
	// The log is the only place to complain to; if it fails there is none.
	_, _ = fmt.Fprintf(s.log, "%s [%d] SUPERVISOR: %s\n", s.now().UTC().Format(time.DateTime+".000 MST"), os.Getpid(), line)
}

// logTail is the end of what was written to the log since offset.
func logTail(path string, offset int64) string {
	file, err := os.Open(path)
	if err != nil {
		return ""
	}
	defer func() { _ = file.Close() }() // only read
	info, err := file.Stat()
	if err != nil {
		return ""
	}
	offset = max(offset, info.Size()-maxTailBytes)
	text, err := io.ReadAll(io.NewSectionReader(file, offset, maxTailBytes))
	if err != nil {
		return ""
	}
	return lastLines(string(text), tailLines)
}

func lastLines(text string, count int) string {
	lines := strings.Split(strings.TrimSpace(text), "\n")
	return strings.Join(lines[max(0, len(lines)-count):], "\n")
}
