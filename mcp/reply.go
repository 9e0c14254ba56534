package mcp

import (
	"encoding/base64"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/layercake-dev/layercake/core/fault"
)

// Bounds of replies. A list stays below about 5,000 tokens, at three to four
// bytes each.
const (
	maxReply     = 16_000 // bytes of the rows of a list
	defaultLimit = 50     // rows
	maxTitle     = 120    // characters of titles and single lines in lists
	maxExcerpt   = 400    // characters of longer texts in lists
	maxText      = 6_000  // characters of one text of a single record
)

// clip cuts a text to at most n characters, saying so. What was cut before is
// counted along.
func clip(s string, n int) string {
	before := 0
	if i := strings.LastIndex(s, cutBegin); i >= 0 && strings.HasSuffix(s, cutEnd) {
		if k, err := strconv.Atoi(s[i+len(cutBegin) : len(s)-len(cutEnd)]); err == nil && utf8.RuneCountInString(s[:i]) > n {
			s, before = s[:i], k
		} else if err == nil {
			return s
		}
	}
	length := utf8.RuneCountInString(s)
	if length <= n {
		return s
	}
	kept := []rune(s)[:n]
	return strings.TrimRight(string(kept), " \n") + cutBegin + strconv.Itoa(length-n+before) + cutEnd
}

// The notice at the end of a text that was cut.
const (
	cutBegin = "… ["
	cutEnd   = " more characters]"
)

// line puts a text on one line and cuts it.
func line(s string) string {
	first, rest, more := strings.Cut(strings.TrimSpace(s), "\n")
	if more && strings.TrimSpace(rest) != "" {
		first = strings.TrimSpace(first) + " …"
	}
	return clip(first, maxTitle)
}

// paging are the arguments of every tool that lists.
type paging struct {
	Limit  int    `doc:"Most rows, 50 if left out."       json:"limit,omitempty"  max:"200" min:"1"`
	Cursor string `doc:"next_cursor of the reply before." json:"cursor,omitempty"`
}

// page is the part of a list that fits into one reply.
type page struct {
	// Total is the number of rows there are in all, where that is known.
	Total int `json:"total,omitempty"`
	// NextCursor gets the rows that come next; empty at the end.
	NextCursor string `json:"next_cursor,omitempty"`
	// Notice says that there is more, and how to get it.
	Notice string `json:"notice,omitempty"`
}

// offset returns where a page begins.
func (p paging) offset() (int, error) {
	if p.Cursor == "" {
		return 0, nil
	}
	text, err := base64.RawURLEncoding.DecodeString(p.Cursor)
	if err == nil {
		if n, err := strconv.Atoi(strings.TrimPrefix(string(text), cursorPrefix)); err == nil && n > 0 {
			return n, nil
		}
	}
	return 0, fault.Usage("invalid_cursor", "%q is not a cursor", clip(p.Cursor, maxQuoted)).
		WithHint("repeat the call without cursor to begin again; take cursors from next_cursor of the reply before")
}

const cursorPrefix = "after:"

func (p paging) limit() int {
	if p.Limit == 0 {
		return defaultLimit
	}
	return p.Limit
}

// paginate returns the rows of one page of a whole list.
func paginate[T, R any](all []T, p paging, row func(*T) R) ([]R, page, error) {
	start, err := p.offset()
	if err != nil {
		return nil, page{}, err
	}
	start = min(start, len(all))
	rows, out, err := fill(all[start:], start, len(all), p.limit(), row)
	return rows, out, err
}

// unknownTotal says that a list goes on for as long as there are items.
const unknownTotal = -1

// fill turns items into rows until the page is full: by number, or by size.
// The items begin at start of a list with total entries.
func fill[T, R any](items []T, start, total, limit int, row func(*T) R) ([]R, page, error) {
	rows := make([]R, 0, min(limit, len(items)))
	size := 0
	for i := range items {
		if len(rows) == limit {
			break
		}
		r := row(&items[i])
		text, err := encode(r)
		if err != nil {
			return nil, page{}, err
		}
		if size += len(text) + 1; size > maxReply && len(rows) > 0 {
			break
		}
		rows = append(rows, r)
	}
	var out page
	of, next := "", start+len(rows)
	if total != unknownTotal {
		out.Total, of = total, fmt.Sprintf(" of %d", total)
	}
	if len(rows) < len(items) {
		out.NextCursor = base64.RawURLEncoding.EncodeToString([]byte(cursorPrefix + strconv.Itoa(next)))
		out.Notice = fmt.Sprintf("rows %d to %d%s; call again with cursor for the next", start+1, next, of)
	}
	return rows, out, nil
}

// rows turns a whole list into rows.
func rows[T, R any](list []T, row func(*T) R) []R {
	out := make([]R, len(list))
	for i := range list {
		out[i] = row(&list[i])
	}
	return out
}

// first returns at most n entries.
func first[T any](list []T, n int) []T { return list[:min(n, len(list))] }

// newest returns the last n entries, the last first.
func newest[T any](list []T, n int) []T {
	list = slices.Clone(list[max(0, len(list)-n):])
	slices.Reverse(list)
	return list
}
