package proof

import "context"

// StandsClean reports whether the short way has an answer.
func StandsClean(ctx context.Context, root string, opts TreeOptions) bool {
	f, err := newFilter(opts)
	if err != nil {
		return false
	}
	_, ok := standClean(ctx, root, f)
	return ok
}
