package core

import (
	"context"

	"github.com/layercake-dev/layercake/core/agent/role"
)

// Roles keeps what agents are asked to be. They are files of the project, and need
// no database.
type Roles struct {
	// environ is the environment of git, which fetches collections.
	environ []string
}

// NewRoles returns the roles without an [App]. environ is the environment of git
// ("NAME=value").
func NewRoles(environ []string) *Roles { return &Roles{environ} }

// List returns the roles of the project in the folder root, or the built-in ones
// when root is empty.
func (*Roles) List(root string) (*role.Set, error) { return role.Load(root) }

// Get returns one role. A role whose file cannot be used is an error.
func (*Roles) Get(root, id string) (*role.Role, error) {
	set, err := role.Load(root)
	if err != nil {
		return nil, err
	}
	return set.Get(id)
}

// New writes a file for a role of the project's own, and returns its path relative
// to root.
func (*Roles) New(root, id string) (string, error) {
	if root == "" {
		return "", errNoRoot()
	}
	return role.Create(root, id)
}

// Install copies a collection of roles into the project.
func (r *Roles) Install(ctx context.Context, in role.Install) (*role.Installed, error) {
	if in.Root == "" {
		return nil, errNoRoot()
	}
	in.Env = r.environ
	return in.Install(ctx)
}

// Collections lists the collections that are installed.
func (*Roles) Collections(root string) ([]role.Collection, error) { return role.Collections(root) }

// Remove takes a collection out of the project.
func (*Roles) Remove(root, name string, discardEdits, dryRun bool) (*role.Collection, error) {
	if root == "" {
		return nil, errNoRoot()
	}
	return role.Remove(root, name, discardEdits, dryRun)
}
