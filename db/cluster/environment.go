package cluster

import (
	"slices"
	"strings"
)

// serverEnv keeps of the environment what a server process needs: the paths
// to programs and libraries. PG* variables would change the server's
// settings, and secrets have no place in a process that lives for hours.
func serverEnv(environ []string) []string {
	keep := []string{
		"PATH", "HOME", "USER", "LOGNAME", "TMPDIR", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "SYSTEMROOT",
		"GOCOVERDIR", "GORACE", // for tests of the supervisor itself
	}
	var env []string
	for _, entry := range environ {
		name, _, _ := strings.Cut(entry, "=")
		if slices.Contains(keep, name) {
			env = append(env, entry)
		}
	}
	return append(env, "LC_ALL=C")
}
