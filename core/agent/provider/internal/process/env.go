package process

import (
	"slices"
	"strings"

	"github.com/layercake-dev/layercake/core/agent"
	"github.com/layercake-dev/layercake/core/git"
	"github.com/layercake-dev/layercake/core/redact"
)

// Env returns the environment of a program: the job's, without secrets but for the
// variables named in keep, without what ties git to a repository, and with the job's
// facts and extra, which are NAME=value.
func Env(job agent.Job, keep []string, extra ...string) []string {
	ties := git.Ties()
	set := make(map[string]bool, len(job.Facts)+len(extra))
	added := slices.Clone(extra)
	for name, value := range job.Facts {
		added = append(added, name+"="+value)
	}
	slices.Sort(added)
	for _, pair := range added {
		name, _, _ := strings.Cut(pair, "=")
		set[name] = true
	}
	env := make([]string, 0, len(job.Env)+len(added))
	for _, pair := range job.Env {
		name, _, ok := strings.Cut(pair, "=")
		switch {
		case !ok || set[name] || slices.Contains(ties, name):
		case slices.Contains(keep, name), !secret(pair):
			env = append(env, pair)
		}
	}
	return append(env, added...)
}

// secret reports whether a variable holds a secret or the way to one.
func secret(pair string) bool {
	name, _, _ := strings.Cut(pair, "=")
	upper := strings.ToUpper(name)
	own := strings.HasPrefix(upper, "LAYERCAKE_") && (strings.Contains(upper, "URL") || strings.Contains(upper, "DSN"))
	return own || redact.SecretName(name) || len(redact.Secrets([]string{pair})) > 0
}

// Lookup returns the value of a variable; of several, the last, as programs see it.
func Lookup(env []string, name string) string {
	for _, pair := range slices.Backward(env) {
		if value, ok := strings.CutPrefix(pair, name+"="); ok {
			return value
		}
	}
	return ""
}
