package cmd

import (
	"context"
	"fmt"

	"github.com/layercake-dev/layercake/core/search"
)

// checkSearch says how the index of the project's folder is.
func (f *Factory) checkSearch(ctx context.Context) diagnosis {
	here, err := f.place()
	if err != nil || here.root == "" || f.app == nil {
		return skipped("there is no project to look at")
	}
	s, err := f.session(ctx)
	if err != nil {
		return skipped("there is no project to look at")
	}
	st, err := s.Search.Status(ctx, s.at.InSearch())
	switch {
	case err != nil:
		return failed(err)
	case st.Index == nil:
		return good("there is no index yet; the first search makes it")
	case st.VectorsMissing != "":
		return diagnosis{
			Status: checkWarning, Message: "code is found by its words and names only: " + st.VectorsMissing,
			Fix: "run `layercake setup`, then `layercake search index`",
		}
	case st.State == search.StateInterrupted:
		return diagnosis{Status: checkWarning, Message: "the index was cut off before its end", Fix: "run `layercake search index`"}
	case st.Provider != nil && st.Provider.Missing != "" && st.State != search.StateIndexing:
		by := st.Provider
		return diagnosis{
			Status: checkWarning, Fix: by.Hint,
			Message: fmt.Sprintf("searches answer without what %s says, for %d of %d pieces: %s", by.Provider, st.Size.Chunks-by.Chunks, st.Size.Chunks, by.Missing),
		}
	}
	return good("%s, %d files in the index", stateText(st), st.Size.Files)
}
