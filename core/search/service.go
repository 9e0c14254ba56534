package search

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"sync"
	"time"

	"github.com/google/uuid"

	"github.com/layercake-dev/layercake/core/fault"
	"github.com/layercake-dev/layercake/core/search/embed"
)

// format is what indexes are made by: another one begins anew. It goes up when
// words, chunks or postings are made in another way.
const format = 3

// Config is what a [Service] is made of.
type Config struct {
	// Store keeps the indexes. Required.
	Store Store
	// Now is the clock. Defaults to time.Now.
	Now func() time.Time
	// Host names this machine. Defaults to its name.
	Host string
	// Source finds and reads files. Defaults to those that git knows; see package
	// walk.
	Source Source
	// Parse takes files apart. Defaults to [Parse].
	Parse Parser
	// Workers is how many files are taken apart at a time. Defaults to 2.
	Workers int
	// BatchBytes and BatchFiles bound what one transaction takes in, and so what is
	// lost when the process dies. They default to a sixteenth of the text, between 8
	// and 32 MiB, and 2 000 files.
	BatchBytes int64
	BatchFiles int
	// ParseLimit is how long one file may take. Defaults to 10 seconds.
	ParseLimit time.Duration
	// Provider says whose model is asked as well. Defaults to nobody's.
	Provider Provider
	// QuestionLimit is how long an answer waits for the provider. Defaults to
	// [embed.DefaultQueryLimit].
	QuestionLimit time.Duration
}

// Service finds code in checkouts, and keeps the indexes that it needs for that.
type Service struct {
	Config

	mu sync.Mutex
	// segments are those of indexes that were searched, as long as they are as they
	// were.
	segments map[int32]*segments

	provider clients
}

const (
	defaultWorkers    = 2
	defaultBatchFiles = 2000
	defaultParseLimit = 10 * time.Second
)

// New returns a Service over a store.
func New(c Config) *Service {
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Host == "" {
		if name, err := os.Hostname(); err == nil {
			c.Host = name
		}
	}
	if c.Source == nil {
		c.Source = walker{}
	}
	if c.Parse == nil {
		c.Parse = Parse
	}
	if c.Workers == 0 {
		c.Workers = defaultWorkers
	}
	if c.BatchFiles == 0 {
		c.BatchFiles = defaultBatchFiles
	}
	if c.ParseLimit == 0 {
		c.ParseLimit = defaultParseLimit
	}
	if c.QuestionLimit == 0 {
		c.QuestionLimit = embed.DefaultQueryLimit
	}
	return &Service{Config: c, segments: map[int32]*segments{}}
}

// Place is a project's folder on this machine.
type Place struct {
	Project uuid.UUID
	// Root is its absolute path.
	Root string
}

func (s *Service) checkout(p Place) Checkout {
	return Checkout{Project: p.Project, Host: s.Host, Root: p.Root}
}

// CodeNotIndexed is the code of the error when there is no index of a folder.
const CodeNotIndexed = "not_indexed"

// find returns the index of a folder, or an error with [CodeNotIndexed].
func (s *Service) find(ctx context.Context, p Place) (*Index, error) {
	index, err := s.lookFor(ctx, p)
	if err != nil {
		return nil, err
	}
	if index == nil {
		return nil, fault.NotFound(CodeNotIndexed, "%s has no index to search in", p.Root).WithHint("run `layercake search index`")
	}
	return index, nil
}

// lookFor returns the index of a folder, or nil. The index of a folder that is no
// longer there is taken over: the folder was moved.
func (s *Service) lookFor(ctx context.Context, p Place) (*Index, error) {
	index, err := s.Store.Find(ctx, s.checkout(p))
	if index != nil || err != nil {
		return index, err
	}
	all, err := s.Store.Indexes(ctx, p.Project)
	if err != nil {
		return nil, err
	}
	var best *Index
	for i := range all {
		x := &all[i]
		if x.Host != s.Host || x.IndexedAt == nil || best != nil && !x.IndexedAt.After(*best.IndexedAt) {
			continue
		}
		if _, err := os.Stat(x.Root); errors.Is(err, fs.ErrNotExist) {
			best = x
		}
	}
	if best == nil {
		return nil, nil //nolint:nilnil // as documented
	}
	if _, err := s.Store.Move(ctx, best.ID, p.Root); err != nil {
		return nil, err
	}
	return s.Store.Find(ctx, s.checkout(p))
}

// Remove removes the index of a folder, and those of projects that are gone. It
// reports whether there was one. An indexing that is under way ends with [ErrLost].
func (s *Service) Remove(ctx context.Context, p Place) (bool, error) {
	if err := s.Store.RemoveOrphans(ctx); err != nil {
		return false, err
	}
	index, err := s.Store.Find(ctx, s.checkout(p))
	if index == nil || err != nil {
		return false, err
	}
	return s.Store.Remove(ctx, index.ID)
}

// Indexes lists the indexes of a project, on all machines.
func (s *Service) Indexes(ctx context.Context, project uuid.UUID) ([]Index, error) {
	return s.Store.Indexes(ctx, project)
}
