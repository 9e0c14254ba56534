package git

import (
	"context"
	"fmt"
	"strings"

	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/object"
)

// TagParams says what to tag.
type TagParams struct {
	// Name is the tag's name. Where it is taken by another tag, -2, -3 and so on
	// is added: no tag is ever moved.
	Name string
	// Commit is the full id of the commit.
	Commit string
	// Message is what the tag says. Its trailers tell whether a tag is there
	// already.
	Message string
	// Environ is the environment ("NAME=value") of whoever tags.
	Environ []string
}

// TagOutcome says what came of it.
type TagOutcome struct {
	// Name is the tag's name, and Commit what it stands on.
	Name   string `json:"name"`
	Commit string `json:"commit"`
	// Created says that it was not there before.
	Created bool `json:"created"`
	// Skipped says why there is none.
	Skipped *Skip `json:"skipped"`
}

// mostTags bounds the numbers after a tag's name.
const mostTags = 1000

// TagOnce makes an annotated tag, unless one with the same trailers is there.
func TagOnce(ctx context.Context, root string, p TagParams) (*TagOutcome, error) {
	r, err := OpenWith(ctx, root, p.Environ)
	if err != nil {
		if s := notRepo(err); s != nil {
			return &TagOutcome{Skipped: s}, nil
		}
		return nil, err
	}
	st, err := r.stand(ctx)
	if err != nil {
		return nil, err
	}
	release, err := st.exclude(ctx)
	if err != nil {
		return nil, err
	}
	defer release()
	return r.tagOnce(ctx, st, p)
}

func (r *Repo) tagOnce(ctx context.Context, st *Standing, p TagParams) (*TagOutcome, error) {
	out := &TagOutcome{Commit: p.Commit}
	if _, err := r.Run(ctx, "check-ref-format", "refs/tags/"+p.Name); err != nil {
		out.Skipped = skip(SkipName, "git help check-ref-format", "%q cannot be the name of a tag", p.Name)
		return out, ctx.Err()
	}
	if st.format != "sha1" {
		out.Skipped = st.otherFormat()
		return out, nil
	}
	if _, err := r.Commit(ctx, p.Commit); err != nil {
		out.Skipped = skip(SkipNoCommit, "git fetch", "the commit %.12s is not in this repository", p.Commit)
		return out, ctx.Err()
	}
	taken, err := r.tags(ctx, p.Name)
	if err != nil {
		return nil, err
	}
	want, _ := ParseTrailers(p.Message)
	for name, message := range taken {
		if have, ok := ParseTrailers(message); ok && have == want {
			out.Name = name
			return out, nil
		}
	}
	for i := 1; i <= mostTags; i++ {
		name := p.Name
		if i > 1 {
			name = fmt.Sprintf("%s-%d", p.Name, i)
		}
		if _, is := taken[name]; is {
			continue
		}
		out.Name = name
		out.Skipped, err = r.tag(ctx, st, name, p)
		out.Created = err == nil && out.Skipped == nil
		return out, err
	}
	out.Skipped = skip(SkipName, "git tag --list", "there are too many tags named %s", p.Name)
	return out, nil
}

// tags returns the messages of the tags that bear a name, with or without a
// number.
func (r *Repo) tags(ctx context.Context, name string) (map[string]string, error) {
	out, err := r.Run(ctx, "for-each-ref", "--format=%(refname:lstrip=2)%00%(contents)%00", "refs/tags/"+name, "refs/tags/"+name+"-*")
	if err != nil {
		return nil, err
	}
	found := map[string]string{}
	fields := strings.Split(string(out), "\x00")
	for i := 0; i+1 < len(fields); i += 2 {
		found[strings.TrimSpace(fields[i])] = fields[i+1]
	}
	return found, nil
}

// tag makes a tag that is not there.
func (r *Repo) tag(ctx context.Context, st *Standing, name string, p TagParams) (*Skip, error) {
	_, tagger, err := r.identity(ctx)
	if isFailure(err) {
		return skip(SkipIdentity, `git config user.name "Your Name"`, "git does not know who you are: user.name and user.email are not set"), nil
	}
	if err != nil {
		return nil, err
	}
	t := &object.Tag{Name: name, Message: strings.TrimRight(p.Message, "\n") + "\n", TargetType: plumbing.CommitObject, Target: plumbing.NewHash(p.Commit)}
	t.Tagger.Decode([]byte(tagger))
	content, err := encode(t)
	if err != nil {
		return nil, err
	}
	if isTrue(st.config, "tag.gpgsign") {
		signature, refused, err := r.sign(ctx, st.config, content, t.Tagger)
		if err != nil || refused != nil {
			return refused, err
		}
		content = append(content, signature...)
	}
	id, err := r.store(ctx, plumbing.TagObject, content)
	if err != nil {
		return nil, err
	}
	_, err = r.writing().Run(ctx, "update-ref", "-m", "tag: "+name, "refs/tags/"+name, id, strings.Repeat("0", len(id)))
	if isFailure(err) {
		return skip(SkipLocked, "git tag --list", "git did not make the tag %s: %s", name, saidOf(err)), nil
	}
	return nil, err
}
