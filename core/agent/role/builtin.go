package role

import (
	"embed"
	"fmt"
	"sync"
)

//go:embed files/*.md
var files embed.FS

// builtinIDs lists the roles that come with LayerCake, in the order in which a
// project meets them.
func builtinIDs() []string {
	return []string{
		"orchestrator", "product-manager", "architect", "ux-ui-designer", "frontend-developer", "backend-developer", "data-engineer",
		"ml-engineer", "prompt-engineer", "model-evaluator", "qa-engineer", "security-privacy-engineer", "devops-engineer", "aiops-engineer",
	}
}

// Builtin returns the roles that come with LayerCake, in the order in which a
// project meets them.
func Builtin() []Role {
	roles := parsedBuiltin()
	return append([]Role(nil), roles...)
}

// parsedBuiltin reads the files once.
//
//nolint:gochecknoglobals // reading the same bytes again gives the same roles
var parsedBuiltin = sync.OnceValue(func() []Role {
	ids := builtinIDs()
	roles := make([]Role, len(ids))
	for i, id := range ids {
		text, err := files.ReadFile("files/" + id + ".md")
		if err == nil {
			roles[i], err = Parse("files/"+id+".md", string(text))
		}
		if err != nil {
			panic(fmt.Sprintf("a role that is built in cannot be read: %v", err)) // a test reads them all
		}
		roles[i].Source = Source{Kind: SourceBuiltin}
	}
	return roles
})

// Raw returns the file of a built-in role.
func Raw(id string) (string, bool) {
	text, err := files.ReadFile("files/" + id + ".md")
	return string(text), err == nil
}
