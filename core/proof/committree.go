package proof

import (
	"context"
	"sync"

	"github.com/layercake-dev/layercake/core/git"
)

// Commit is the content of a commit below a project's root.
type Commit struct {
	// ID is the commit's full id.
	ID      string
	listing Listing
}

// Tree returns the identity of the files that the options name. It equals that
// of a work tree with the same content.
func (c *Commit) Tree(opts TreeOptions) (Tree, error) {
	filter, err := newFilter(opts)
	if err != nil {
		return Tree{}, err
	}
	return filter.tree(c.listing)
}

// Commits reads commits and keeps the last few: the content of a commit is what
// its id says, and never changes. The zero value is ready for use, by any number
// of goroutines.
type Commits struct {
	mu   sync.Mutex
	kept []keptCommit
}

type keptCommit struct {
	root   string
	commit *Commit
}

// commitsKept is for the gates that are looked at in turn: the last one approved
// and the next one.
const commitsKept = 2

// Get returns the commit that a name stands for in the repository around root.
// Git is asked what the name means each time, and whether the commit is there.
func (s *Commits) Get(ctx context.Context, root, name string) (*Commit, error) {
	r, id, err := git.OpenCommit(ctx, root, name)
	if err != nil {
		return nil, err
	}
	return s.listed(ctx, repo{r}, id)
}

func (s *Commits) listed(ctx context.Context, r repo, id string) (*Commit, error) {
	if c := s.find(r.Root(), id); c != nil {
		return c, nil
	}
	listing, err := r.listCommit(ctx, id)
	if err != nil {
		return nil, err
	}
	c := &Commit{ID: id, listing: listing}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.kept = append(s.kept, keptCommit{r.Root(), c})
	if len(s.kept) > commitsKept {
		s.kept = s.kept[1:]
	}
	return c, nil
}

func (s *Commits) find(root, id string) *Commit {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, k := range s.kept {
		if k.root == root && k.commit.ID == id {
			return k.commit
		}
	}
	return nil
}
