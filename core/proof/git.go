package proof

import (
	"context"

	"github.com/layercake-dev/layercake/core/git"
)

// repo is a git repository seen from a directory in its work tree.
type repo struct{ *git.Repo }

// openRepo checks that root is a directory in the work tree of a repository.
func openRepo(ctx context.Context, root string) (repo, error) {
	r, err := git.Open(ctx, root)
	return repo{r}, err
}
