package search

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/layercake-dev/layercake/core/search/chunk"
	"github.com/layercake-dev/layercake/core/search/language"
	"github.com/layercake-dev/layercake/core/search/lexical"
	"github.com/layercake-dev/layercake/core/search/outline"
)

// Parsed is a file taken apart.
type Parsed struct {
	Language string
	Class    lexical.Class
	Chunks   []chunk.Chunk
	Symbols  []outline.Symbol
	// Skipped is why there is nothing in it, or "".
	Skipped string
}

// Parser takes a file apart.
type Parser func(path string, text []byte) Parsed

// Parse is the [Parser] that is used where no other is named.
func Parse(path string, text []byte) Parsed {
	lang, known := language.Of(path, text)
	if !known {
		return Parsed{Language: lang.ID, Skipped: SkippedLanguage}
	}
	file := outline.Of(lang.ID, text)
	return Parsed{
		Language: lang.ID, Class: lexical.ClassOf(path, lang.Prose),
		Chunks: chunk.Split(text, file, lang.Prose), Symbols: file.Symbols,
	}
}

// parse takes a file apart, whatever the parser makes of it. One that takes too
// long is left behind.
func (s *Service) parse(ctx context.Context, path string, text []byte) (Parsed, error) {
	done := make(chan Parsed, 1)
	go func() {
		defer func() {
			if recover() != nil {
				done <- Parsed{Skipped: SkippedBroken}
			}
		}()
		done <- s.Parse(path, text)
	}()
	limit := time.NewTimer(s.ParseLimit)
	defer limit.Stop()
	select {
	case p := <-done:
		return p, nil
	case <-limit.C:
		return Parsed{Skipped: SkippedSlow}, nil
	case <-ctx.Done():
		return Parsed{}, fmt.Errorf("take %s apart: %w", path, context.Cause(ctx))
	}
}

// clean takes out of a text what the database does not take.
func clean(s string) string {
	if strings.IndexByte(s, 0) < 0 {
		return strings.ToValidUTF8(s, "")
	}
	return strings.ReplaceAll(strings.ToValidUTF8(s, ""), "\x00", "")
}
