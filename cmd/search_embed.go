package cmd

import (
	"fmt"

	"github.com/layercake-dev/layercake/core/fault"
	"github.com/layercake-dev/layercake/core/search"
	"github.com/layercake-dev/layercake/core/search/embed"
)

// sayEstimate says what a provider's vectors will cost, before the first request.
func (f *Factory) sayEstimate(by embed.Space, e embed.Estimate) {
	f.say("asking %s %s: %s", by.Provider, by.Model, e)
}

// vectorsText says in a line what an indexing had a provider make.
func vectorsText(e *search.Embedded) string {
	text := fmt.Sprintf("%d by %s %s, %d of them known already; %d tokens, %s",
		e.Made, e.Provider, e.Model, e.Cached, e.Tokens, costText(e))
	if e.Made == 0 && e.Tokens == 0 {
		text = fmt.Sprintf("none by %s %s", e.Provider, e.Model)
		if e.Err == nil {
			text = fmt.Sprintf("nothing new for %s %s", e.Provider, e.Model)
		}
	}
	if len(e.Skipped) > 0 {
		text += "; left out: " + counted(e.Skipped)
	}
	return text
}

func costText(e *search.Embedded) string {
	switch {
	case !e.CostKnown:
		return "cost unknown"
	case e.Cost == 0:
		return "free"
	}
	return fmt.Sprintf("$%.4f", e.Cost)
}

// unembedded is the error of an indexing that was to have a provider asked, and
// could not: the index itself is complete. Whoever wants JSON finds in its details
// what was done.
func unembedded(view *indexedView, structured bool) error {
	e := view.Embedded
	if e == nil || e.Err == nil {
		return nil
	}
	cause := fault.From(e.Err)
	out := fault.New(cause.Kind, cause.Code, "the index is complete, but for what the provider says: %s", cause.Error()).WithHint("%s", cause.Hint)
	if structured {
		return out.WithDetails(view)
	}
	return out
}
