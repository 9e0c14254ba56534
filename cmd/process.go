package cmd

import (
	"io"
	"strings"
	"time"
)

// Process is what the operating system gives to a program.
type Process struct {
	// Args are the arguments, without the program's name.
	Args []string
	// In, Out and Err are the standard streams. Those that are files are asked
	// whether they are terminals.
	In  io.Reader
	Out io.Writer
	Err io.Writer
	// Environ is the environment, as "NAME=value".
	Environ []string
	// Dir is the working directory.
	Dir string
	// UID and ParentPID tell whose process this is and who started it.
	UID, ParentPID int
	// Hurry is closed when whoever interrupted the program has done so again.
	// Optional.
	Hurry <-chan struct{}
	// Now is the clock.
	Now func() time.Time
	// Build says which release this is.
	Build Build
}

// Build identifies a release.
type Build struct {
	Version string `json:"version"`
	Commit  string `json:"commit"`
	Date    string `json:"date"`
}

// environment is the process's environment.
type environment struct {
	list   []string
	values map[string]string
}

func newEnvironment(list []string) environment {
	values := make(map[string]string, len(list))
	for _, entry := range list {
		if name, value, ok := strings.Cut(entry, "="); ok {
			values[name] = value
		}
	}
	return environment{list, values}
}

// get returns a variable, or "" when it is not set.
func (e environment) get(name string) string { return e.values[name] }

// lookup has the signature of os.LookupEnv.
func (e environment) lookup(name string) (string, bool) {
	value, ok := e.values[name]
	return value, ok
}
