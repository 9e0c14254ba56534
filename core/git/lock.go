package git

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/layercake-dev/layercake/core/fault"
)

// lockName is the file in git's folder that processes of LayerCake lock while
// they write to the repository, so that none finds another one's index.lock.
const lockName = "layercake.lock"

// exclude waits until no other process of LayerCake writes to the repository.
func (st *Standing) exclude(ctx context.Context) (release func(), err error) {
	file, err := os.OpenFile(filepath.Join(st.gitDir, lockName), os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, fault.Failed("cannot_write", "cannot write into %s", st.gitDir).WithHint("ls -ld %q", st.gitDir).Wrap(err)
	}
	locked := make(chan error, 1)
	go func() { locked <- flock(file) }()
	select {
	case err := <-locked:
		if err != nil {
			_ = file.Close() // nothing was written
			return nil, fmt.Errorf("lock %s: %w", file.Name(), err)
		}
		return func() { _ = file.Close() }, nil // which lets go of the lock
	case <-ctx.Done():
		go func() {
			err := <-locked // whoever has it ends sooner or later
			_ = errors.Join(err, file.Close())
		}()
		return nil, fault.From(ctx.Err())
	}
}
