// Package analysis looks at the files of a codebase and says what is there:
// languages, stack, tests, documents, how far each area has come, and what that
// means for every gate. It also finds the commands by which the repository's
// own files build, check and test it.
//
// It is deterministic, reads files only, follows no symbolic links and is
// bounded in files and bytes. Nothing it says takes effect by itself: a person
// confirms the recommendations and accepts the commands.
package analysis

import (
	"context"
	"fmt"
)

// Analysis is what a codebase was found to hold.
type Analysis struct {
	// Files is the number of files looked at, without dependencies, version
	// control and build results.
	Files int `json:"files"`
	// Truncated says that there were more files than are looked at, so that
	// everything else is a lower bound.
	Truncated bool `json:"truncated,omitempty"`
	// Languages are the programming languages, the one with most lines first.
	Languages []Language `json:"languages"`
	// Stack is what the project is built from and with.
	Stack []Component `json:"stack"`
	// HasUI says whether there seems to be a user interface; UIEvidence are
	// the files that say so.
	HasUI      bool     `json:"has_ui"`
	UIEvidence []string `json:"ui_evidence,omitempty"`
	// UsesAI says whether models are trained or called; AIEvidence are the
	// manifests that say so.
	UsesAI     bool     `json:"uses_ai"`
	AIEvidence []string `json:"ai_evidence,omitempty"`
	// Areas say how far each area has come.
	Areas []Area `json:"areas"`
	// Gates recommend what to do at each gate, in their order.
	Gates []Recommendation `json:"gates"`
}

// Language is a programming language with how much of it there is.
type Language struct {
	Name  string `json:"name"`
	Files int    `json:"files"`
	// Lines are the lines that are not empty, of files up to 1 MiB.
	Lines int `json:"lines"`
}

// Component is one thing that the project is built from or with.
type Component struct {
	Name string `json:"name"`
	// Kind is "framework", "library", "build", "database" or "infrastructure".
	Kind string `json:"kind"`
	// Evidence is the file that says so.
	Evidence string `json:"evidence"`
}

// Area is one area of a project with how far it has come.
type Area struct {
	Name string `json:"name"`
	// Completeness is from 0 to 100.
	Completeness int `json:"completeness"`
	// Found and Missing say what the figure is made of.
	Found   []Finding `json:"found"`
	Missing []string  `json:"missing,omitempty"`
}

// Finding is something that was found, with the files that show it.
type Finding struct {
	What     string   `json:"what"`
	Evidence []string `json:"evidence"`
}

// Area returns the area with the given name; the zero area when there is none.
func (a *Analysis) Area(name string) Area {
	for _, area := range a.Areas {
		if area.Name == name {
			return area
		}
	}
	return Area{Name: name}
}

// Analyze looks at the codebase below root. It fails when root cannot be read
// or the context ends; single files that cannot be read count as empty.
func Analyze(ctx context.Context, root string) (*Analysis, error) {
	s, err := walk(ctx, root, maxFiles)
	if err != nil {
		return nil, fmt.Errorf("analyze %s: %w", root, err)
	}
	defer s.close()
	if err := s.countLines(ctx); err != nil {
		return nil, fmt.Errorf("analyze %s: %w", root, err)
	}
	a := &Analysis{Files: len(s.files), Truncated: s.truncated, Languages: s.languages(), Stack: s.stack()}
	a.UIEvidence = s.uiEvidence()
	a.HasUI = len(a.UIEvidence) > 0
	a.AIEvidence = s.aiEvidence()
	a.UsesAI = len(a.AIEvidence) > 0
	a.Areas = s.areas()
	a.Gates = recommend(a)
	return a, nil
}
