package core

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"path"
	"strings"

	"github.com/google/uuid"

	"github.com/layercake-dev/layercake/core/fault"
	"github.com/layercake-dev/layercake/core/project"
	"github.com/layercake-dev/layercake/core/workflow"
)

// WorkflowFile is where a repository proposes its workflow.
const WorkflowFile = StateDir + "/workflow.yaml"

// Workflows shows and accepts changes to the workflow.
type Workflows struct{ a *App }

// Proposal is what a repository's workflow file would change.
type Proposal struct {
	// File is the file's path, and Digest its SHA-256; empty when there is none.
	File   string `json:"file"`
	Digest string `json:"digest"`
	// Accepted says that the file is the one that counts already.
	Accepted bool `json:"accepted"`
	// Changes lists in plain words what would change, and Weakens which of it
	// makes approval easier than the built-in workflow does.
	Changes []string `json:"changes"`
	Weakens []string `json:"weakens"`

	workflow *workflow.Workflow
}

// Current returns the workflow that counts.
func (s *Workflows) Current(ctx context.Context, v View) (*workflow.Workflow, error) {
	return read(ctx, s.a, v, func(ctx context.Context, r Reader) (*workflow.Workflow, error) { return r.Workflow(ctx) })
}

// Review reads the repository's workflow file and says what it would change.
// Nothing is written.
func (s *Workflows) Review(ctx context.Context, at Place) (*Proposal, error) {
	p, err := s.a.Projects.Get(ctx, View{Project: at.Project})
	if err != nil {
		return nil, err
	}
	now, err := s.Current(ctx, View{Project: at.Project})
	if err != nil {
		return nil, err
	}
	proposal := &Proposal{File: WorkflowFile, Changes: []string{}, Weakens: []string{}}
	overrides, err := s.read(at, proposal)
	if err != nil {
		return nil, err
	}
	params := workflow.ResolveParams{Type: p.Type, Preset: p.Preset, Tier: p.Tier}
	base, err := resolveWorkflow(params, p.DocsDir)
	if err != nil {
		return nil, err
	}
	params.Overrides = overrides
	if proposal.workflow, err = resolveWorkflow(params, p.DocsDir); err != nil {
		return nil, err
	}
	proposal.Changes = append(proposal.Changes, workflow.Diff(now, proposal.workflow)...)
	proposal.Weakens = append(proposal.Weakens, workflow.Weakens(base, proposal.workflow)...)
	// What counts is the workflow, not the file's comments and spaces.
	proposal.Accepted = proposal.workflow.Digest() == p.WorkflowDigest
	return proposal, nil
}

// resolveWorkflow resolves a workflow and moves the built-in documents to the
// project's own folder. What a project's file says of paths is left as it is.
func resolveWorkflow(params workflow.ResolveParams, docsDir string) (*workflow.Workflow, error) {
	w, err := workflow.Resolve(params)
	if err != nil || docsDir == DefaultDocsDir {
		return w, err
	}
	params.Overrides = nil
	builtin, err := workflow.Resolve(params)
	if err != nil {
		return nil, err
	}
	for i := range w.Gates {
		base, ok := builtin.Gate(w.Gates[i].ID)
		if !ok {
			continue
		}
		for j := range w.Gates[i].Deliverables {
			d := &w.Gates[i].Deliverables[j]
			rest, inDocs := strings.CutPrefix(d.Path, DefaultDocsDir+"/")
			if own, ok := base.Deliverable(d.ID); ok && inDocs && own.Path == d.Path {
				d.Path = path.Join(docsDir, rest)
				if strings.HasSuffix(rest, "/") {
					d.Path += "/"
				}
			}
		}
	}
	return w, nil
}

// read parses the workflow file; a missing one proposes the built-in workflow.
func (*Workflows) read(at Place, proposal *Proposal) (*workflow.Overrides, error) {
	if at.Root == "" {
		return nil, errNoRoot()
	}
	f, err := openInside(at.Root, WorkflowFile)
	if fault.CodeOf(err) == "file_not_found" {
		return nil, nil //nolint:nilnil // no file is no change
	}
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }() // read only
	const most = 1 << 20
	data, err := io.ReadAll(io.LimitReader(f, most+1))
	if len(data) > most {
		return nil, fault.Usage("file_too_large", "%s has more than %d bytes", WorkflowFile, most).
			WithHint("run `ls -l %s`, and `layercake help gates` for what belongs into it", WorkflowFile)
	}
	if err != nil {
		return nil, fault.Failed("file_unreadable", "cannot read %s", WorkflowFile).
			WithHint("run `ls -l %s`", WorkflowFile).Wrap(err)
	}
	sum := sha256.Sum256(data)
	proposal.Digest = hex.EncodeToString(sum[:])
	return workflow.ParseOverrides(path.Clean(WorkflowFile), data)
}

// Accept makes a proposal that a person has seen the workflow that counts. The
// digest must be that of the proposal shown: a file that changed in between is
// refused.
func (s *Workflows) Accept(ctx context.Context, by Caller, at Place, digest string) (*Proposal, error) {
	proposal, err := s.Review(ctx, at)
	if err != nil {
		return nil, err
	}
	if proposal.Digest != digest {
		return nil, fault.Conflict("proposal_changed", "%s changed since it was shown", WorkflowFile).WithHint("run `layercake trust` again")
	}
	cmd := &project.AcceptWorkflow{
		Presence: by.Presence, Workflow: proposal.workflow, SourceDigest: proposal.Digest, Subject: WorkflowFile, Weakens: proposal.Weakens,
	}
	if _, err := s.a.write(ctx, by, at.Project, cmd); err != nil {
		return nil, err
	}
	proposal.Accepted = true
	return proposal, nil
}

// Trusted reports whether a person accepted a file with this content.
func (s *Workflows) Trusted(ctx context.Context, p uuid.UUID, subject, digest string) (bool, error) {
	list, err := read(ctx, s.a, View{Project: p}, func(ctx context.Context, r Reader) ([]project.Trust, error) { return r.Trust(ctx) })
	if err != nil {
		return false, err
	}
	for i := range list {
		if list[i].Subject == subject && list[i].Digest == digest {
			return true, nil
		}
	}
	return false, nil
}

// TrustFile records that a person accepted another file of the repository, with
// the content that has this digest.
func (s *Workflows) TrustFile(ctx context.Context, by Caller, p uuid.UUID, subject, digest string) error {
	_, err := s.a.write(ctx, by, p, &project.GrantTrust{Presence: by.Presence, Subject: subject, Digest: digest})
	return err
}
