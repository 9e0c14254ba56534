package role

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/layercake-dev/layercake/core/fault"
	"github.com/layercake-dev/layercake/core/git"
)

// Bounds of a collection.
const (
	// maxRoles is the most roles, and maxBytes the most bytes of all.
	maxRoles = 100
	maxBytes = 1 << 20
	// maxEntries is the most files that its repository may have, and maxMegabytes
	// the most that is fetched to find that out.
	maxEntries   = 20_000
	maxMegabytes = 64
	// patience is how long fetching may take.
	patience = 2 * time.Minute
)

// agentsFolder is the folder of a repository in which roles are looked for; where
// there is none, they are looked for at its top.
const agentsFolder = "agents"

// CodeSource is the code of errors about what cannot be installed from.
const CodeSource = "collection_source"

// fetched is what a source holds.
type fetched struct {
	// source is the source without what only this machine or person knows.
	source string
	commit string
	files  map[string]string
	// skipped are files beside the roles that are none.
	skipped []string
}

// add takes a file, if it is one.
func (f *fetched) add(name, text string) error {
	total := len(text)
	for _, other := range f.files {
		total += len(other)
	}
	switch {
	case len(f.files) >= maxRoles:
		return tooLarge("%s has more than %d roles", f.source, maxRoles)
	case total > maxBytes:
		return tooLarge("the roles of %s have more than %d bytes", f.source, maxBytes)
	}
	f.files[name] = text
	return nil
}

func tooLarge(format string, args ...any) error {
	return fault.NotAllowed("collection_too_large", format, args...).WithHint("install from a folder that holds the roles alone")
}

func badSource(format string, args ...any) *fault.Error {
	return fault.Usage(CodeSource, format, args...).
		WithHint("name a folder, or an address such as https://example.org/agents.git; see `layercake agent install --help`")
}

// isAddress reports whether a source is meant for git, and is no path.
func isAddress(source string) bool {
	return strings.Contains(source, "://") || strings.Contains(source, "::") || regexp.MustCompile(`^[A-Za-z0-9_.-]+@[A-Za-z0-9.-]+:`).MatchString(source)
}

// fetch reads a source. dir is where relative paths begin.
func fetch(ctx context.Context, source, ref, dir string, env []string) (*fetched, error) {
	if source == "" || strings.ContainsFunc(source, hidden) {
		return nil, badSource("%q is no place to install from", clip(source))
	}
	if ref != "" && !regexp.MustCompile(`^[A-Za-z0-9_][A-Za-z0-9_./+-]{0,199}$`).MatchString(ref) {
		return nil, badSource("%q is no name of a branch, tag or commit", clip(ref))
	}
	if isAddress(source) {
		if err := checkAddress(source); err != nil {
			return nil, err
		}
		return fetchGit(ctx, &fetched{source: source}, source, ref, env)
	}
	at := source
	if !filepath.IsAbs(at) {
		at = filepath.Join(dir, at)
	}
	at, err := filepath.EvalSymlinks(at)
	if err != nil {
		return nil, fault.NotFound("collection_not_there", "there is no folder %s", source).
			WithHint("name a folder, or an address such as https://example.org/agents.git; see `layercake agent install --help`")
	}
	f := &fetched{source: at}
	if isRepository(ctx, at, env) {
		return fetchGit(ctx, f, (&url.URL{Scheme: "file", Path: at}).String(), ref, env)
	}
	if ref != "" {
		return nil, badSource("%s is no git repository, so it has no %s", source, ref)
	}
	if err := f.folder(at); err != nil {
		return nil, err
	}
	return f, nil
}

// checkAddress refuses addresses that run programs, cannot be trusted on the way,
// or hold a password, which would end up in a file that is committed.
func checkAddress(source string) error {
	if regexp.MustCompile(`^[A-Za-z0-9+.-]+::`).MatchString(source) {
		return badSource("git would run a program for %s", clip(source))
	}
	if !strings.Contains(source, "://") {
		return nil // user@host:path
	}
	u, err := url.Parse(source)
	if err != nil {
		return badSource("%s is no address", clip(source)) // the cause repeats what may be secret
	}
	_, password := u.User.Password()
	switch {
	case password || u.Scheme == "https" && u.User != nil:
		return badSource("the address holds a password or token; leave it to git's credential helper")
	case u.Scheme == "http" || u.Scheme == "git":
		return badSource("%s is not protected on the way: whoever is in between could change what agents are told; use https", clip(source))
	case u.Scheme == "file" && u.Host != "":
		return badSource("%s names another machine", clip(source))
	case !slices.Contains([]string{"https", "ssh", "file"}, u.Scheme):
		return badSource("%s: only https, ssh and file are fetched", clip(source))
	case u.RawQuery != "" || u.Fragment != "":
		return badSource("%s: an address has no ? and no #; --ref names a branch, tag or commit", clip(source))
	}
	return nil
}

// isRepository reports whether a folder is the top of a repository.
func isRepository(ctx context.Context, at string, env []string) bool {
	out, err := git.AtWith(at, env).Run(ctx, "rev-parse", "--is-bare-repository", "--show-prefix", "--absolute-git-dir")
	if err != nil {
		return false
	}
	bare, rest, _ := strings.Cut(string(out), "\n")
	prefix, gitDir, _ := strings.Cut(rest, "\n")
	if bare == "true" {
		return strings.TrimSpace(rest) == at || strings.TrimSpace(gitDir) == at
	}
	return prefix == ""
}

// folder reads the roles in a folder outside of git.
func (f *fetched) folder(at string) error {
	root, err := os.OpenRoot(at)
	if err != nil {
		return badSource("%s is no folder that can be read", at).Wrap(err)
	}
	defer func() { _ = root.Close() }() // read only
	if info, err := root.Lstat(agentsFolder); err == nil && info.IsDir() {
		inner, err := root.OpenRoot(agentsFolder)
		if err != nil {
			return badSource("%s is no folder that can be read", filepath.Join(at, agentsFolder)).Wrap(err)
		}
		defer func() { _ = inner.Close() }() // read only
		root = inner
	}
	entries, err := fs.ReadDir(root.FS(), ".")
	if err != nil {
		return badSource("%s cannot be read", at).Wrap(err)
	}
	f.files = map[string]string{}
	for _, e := range entries {
		if !f.wanted(e.Name()) {
			continue
		}
		if !e.Type().IsRegular() {
			return noFile(e.Name(), f.source)
		}
		text, err := readFile(root, e.Name())
		if err != nil {
			return err
		}
		if err := f.add(e.Name(), text); err != nil {
			return err
		}
	}
	return nil
}

func noFile(name, source string) error {
	return fault.NotAllowed("collection_no_file", "%s of %s is no regular file; links and submodules are not installed", name, source).
		WithHint("put a copy of the role in its place")
}

// wanted reports whether a name is one for a role, and remembers those that are
// not.
func (f *fetched) wanted(name string) bool {
	id, markdown := strings.CutSuffix(name, extension)
	if !markdown {
		return false
	}
	if !ValidID(id) {
		f.skipped = append(f.skipped, clip(name))
		return false
	}
	return true
}

// fetchGit reads the roles out of a repository. Only its objects are fetched: there
// is no work tree, so no filter, hook or link of it has an effect.
func fetchGit(ctx context.Context, f *fetched, address, ref string, env []string) (*fetched, error) {
	tmp, err := os.MkdirTemp("", "layercake-collection-")
	if err != nil {
		return nil, fmt.Errorf("make a folder to fetch into: %w", err)
	}
	defer func() { _ = os.RemoveAll(tmp) }() // what is left is in the folder for such things
	repo := git.AtWith(tmp, fetchEnv(env))
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	if _, err := repo.Run(ctx, "init", "--quiet", "--bare", "--template="); err != nil {
		return nil, err
	}
	for _, set := range [][2]string{
		{"remote.origin.url", address}, {"remote.origin.promisor", "true"},
		{"remote.origin.partialclonefilter", "blob:limit=" + strconv.Itoa(MaxSize+1)},
	} {
		if _, err := repo.Run(ctx, "config", set[0], set[1]); err != nil {
			return nil, err
		}
	}
	if err := download(ctx, repo, ref, tmp); err != nil {
		return nil, refused(err, f.source, ref)
	}
	if f.commit, err = repo.Commit(ctx, "FETCH_HEAD"); err != nil {
		return nil, err
	}
	if err := f.objects(ctx, repo); err != nil {
		return nil, err
	}
	return f, nil
}

// fetchEnv keeps git from asking, and from fetching more than it was told.
func fetchEnv(env []string) []string {
	out := append(slices.Clone(env), "GIT_NO_LAZY_FETCH=1", "GIT_LFS_SKIP_SMUDGE=1", "GIT_ASKPASS=true", "SSH_ASKPASS=true", "GCM_INTERACTIVE=never")
	if !slices.ContainsFunc(env, func(pair string) bool { return strings.HasPrefix(pair, "GIT_SSH_COMMAND=") }) {
		out = append(out, "GIT_SSH_COMMAND=ssh -oBatchMode=yes")
	}
	return out
}

// download fetches one commit, as long as it is small.
func download(ctx context.Context, repo *git.Repo, ref, tmp string) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	go func() {
		const often = 100 * time.Millisecond
		tick := time.NewTicker(often)
		defer tick.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-tick.C:
				if sizeOf(tmp) > maxMegabytes<<20 {
					cancel(errTooMuch)
				}
			}
		}
	}()
	if ref == "" {
		ref = "HEAD"
	}
	_, err := repo.Do(ctx, git.Call{Args: []string{
		"-c", "protocol.allow=never", "-c", "protocol.https.allow=always", "-c", "protocol.ssh.allow=always", "-c", "protocol.file.allow=always",
		"-c", "fetch.fsckObjects=true", "-c", "fetch.recurseSubmodules=false", "-c", "transfer.bundleURI=false", "-c", "gc.auto=0", "-c", "maintenance.auto=false",
		"fetch", "--quiet", "--depth=1", "--no-tags", "--no-recurse-submodules", "--no-write-commit-graph", "origin", ref,
	}})
	if sizeOf(tmp) > maxMegabytes<<20 {
		return errTooMuch
	}
	return err
}

var errTooMuch = errors.New("it is too large")

func sizeOf(dir string) int64 {
	var total int64
	_ = filepath.WalkDir(dir, func(_ string, d fs.DirEntry, err error) error { // files come and go while git works
		if err == nil && d.Type().IsRegular() {
			if info, err := d.Info(); err == nil {
				total += info.Size()
			}
		}
		return nil
	})
	return total
}

// refused says why fetching failed.
func refused(err error, source, ref string) error {
	switch {
	case errors.Is(err, errTooMuch):
		return tooLarge("%s has more than %d MB without its large files", source, maxMegabytes)
	case fault.CodeOf(err) != git.CodeFailed:
		return err
	case strings.Contains(err.Error(), "couldn't find remote ref") || strings.Contains(err.Error(), "not our ref"):
		return fault.NotFound("collection_ref", "%s has no branch, tag or commit %q", source, ref).
			WithHint("run `git ls-remote %q` to see those it has", source)
	default:
		return fault.Failed("collection_fetch", "%s could not be fetched", source).
			WithHint("run `git ls-remote %q` to see whether git gets there without asking", source).Wrap(err)
	}
}

// objects reads the roles out of what was fetched.
func (f *fetched) objects(ctx context.Context, repo *git.Repo) error {
	out, err := repo.Run(ctx, "ls-tree", "-r", "-z", "--full-tree", f.commit)
	if err != nil {
		return err
	}
	type entry struct{ mode, id, name string }
	entries := map[string][]entry{}
	lines := bytes.Split(bytes.TrimSuffix(out, []byte{0}), []byte{0})
	if len(lines) > maxEntries {
		return tooLarge("%s has more than %d files", f.source, maxEntries)
	}
	inFolder := false
	for _, l := range lines {
		head, name, _ := strings.Cut(string(l), "\t")
		parts := strings.Fields(head) // mode, type, id
		if len(parts) <= 2 {
			continue
		}
		folder := path.Dir(name)
		inFolder = inFolder || strings.HasPrefix(name, agentsFolder+"/")
		entries[folder] = append(entries[folder], entry{parts[0], parts[2], path.Base(name)})
	}
	folder := "."
	if inFolder {
		folder = agentsFolder
	}
	f.files = map[string]string{}
	for _, e := range entries[folder] {
		if !f.wanted(e.name) {
			continue
		}
		if e.mode != "100644" && e.mode != "100755" {
			return noFile(e.name, f.source)
		}
		text, err := blob(ctx, repo, e.id)
		if err != nil {
			return tooLarge("%s of %s has more than %d bytes", e.name, f.source, MaxSize)
		}
		if err := f.add(e.name, text); err != nil {
			return err
		}
	}
	return nil
}

// blob reads an object. Those that are too large were not fetched, or are not read.
func blob(ctx context.Context, repo *git.Repo, id string) (string, error) {
	out, err := repo.Run(ctx, "cat-file", "-s", id)
	if err != nil {
		return "", err
	}
	if n, err := strconv.Atoi(strings.TrimSpace(string(out))); err != nil || n > MaxSize {
		return "", errTooMuch
	}
	out, err = repo.Run(ctx, "cat-file", "blob", id)
	return string(out), err
}
