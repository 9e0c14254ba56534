package core_test

import (
	"context"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/layercake-dev/layercake/core"
	"github.com/layercake-dev/layercake/core/event"
	"github.com/layercake-dev/layercake/core/fault"
	"github.com/layercake-dev/layercake/core/project"
	"github.com/layercake-dev/layercake/core/signature"
)

// pen is a key with which somebody signs.
type pen struct {
	file string
	line []byte
}

func newPen(t *testing.T, comment string) *pen {
	t.Helper()
	p := &pen{file: filepath.Join(t.TempDir(), "id")}
	out, err := exec.CommandContext(t.Context(), "ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", comment, "-f", p.file).CombinedOutput()
	require.NoError(t, err, string(out))
	p.line, err = os.ReadFile(p.file + ".pub")
	require.NoError(t, err)
	return p
}

func (p *pen) sign(ctx context.Context, statement []byte) ([]byte, error) {
	signer := signature.Signer{KeyFile: p.file, Environ: os.Environ()}
	return signer.Sign(ctx, statement)
}

// signing returns a caller who signs.
func signing(by core.Caller, p *pen) core.Caller {
	by.Sign = p.sign
	return by
}

// enroll enrolls a first person and has decisions signed from then on.
func (b *bundle) enroll(t *testing.T) *pen {
	t.Helper()
	ada := newPen(t, "ada@laptop")
	_, err := b.app.Signers.Add(t.Context(), signing(b.ada, ada), b.place.Project, core.NewSigner{Key: ada.line})
	require.NoError(t, err)
	p, err := b.app.Projects.SetLevel(t.Context(), signing(b.ada, ada), b.place.Project, project.LevelSigned, "we mean it")
	require.NoError(t, err)
	require.Equal(t, project.LevelSigned, p.Level)
	return ada
}

// presented brings a project before G1 with nothing against it but the person.
func presented(t *testing.T, in core.NewProject) *bundle {
	t.Helper()
	b := setup(t, in)
	b.commit(t)
	_, err := b.app.Deliverables.Judge(t.Context(), b.ada, b.place, "intake", true, "")
	if err != nil { // the intake has to be written first
		require.Equal(t, "deliverable_missing", fault.CodeOf(err))
		b.write(t, "docs/INTAKE.md", "what: a cake\n")
		b.commit(t)
		_, err = b.app.Deliverables.Judge(t.Context(), b.ada, b.place, "intake", true, "")
	}
	require.NoError(t, err)
	_, err = b.app.Gates.Present(t.Context(), b.robot, b.place, "G1")
	require.NoError(t, err)
	return b
}

func TestSignedApproval(t *testing.T) {
	t.Parallel()
	b := presented(t, core.NewProject{})
	ada, eve := b.enroll(t), newPen(t, "eve")
	in := core.Approval{Gate: "g1", Note: "  good\r\n", Conditions: []core.NewCondition{{Text: "limits ", Blocks: "g3"}}}

	_, err := b.app.Gates.Approve(t.Context(), b.ada, b.place, in)
	require.Equal(t, "signature_required", fault.CodeOf(err), err)
	_, err = b.app.Gates.Approve(t.Context(), signing(b.ada, eve), b.place, in)
	require.Equal(t, "signer_unknown", fault.CodeOf(err), err)
	_, err = b.app.Gates.Approve(t.Context(), signing(b.robot, ada), b.place, in)
	require.Equal(t, "person_required", fault.CodeOf(err), "an agent that got hold of the key")

	g, err := b.app.Gates.Approve(t.Context(), signing(b.ada, ada), b.place, in)
	require.NoError(t, err)
	require.Equal(t, project.LevelSigned, g.Level)
	require.Contains(t, g.Signer, "ada@laptop SHA256:")
	b.sound(t)
	audit, err := b.app.Log.Verify(t.Context(), b.place.Project)
	require.NoError(t, err)
	require.Equal(t, 3, audit.Signed, "enrolment, level, approval")

	// Every other decision is signed as well.
	for name, decide := range map[string]func(by core.Caller) error{
		"reopen": func(by core.Caller) error {
			_, err := b.app.Gates.Reopen(t.Context(), by, b.place.Project, "G1", "again")
			return err
		},
		"attest": func(by core.Caller) error {
			_, err := b.app.Proofs.Attest(t.Context(), by, b.place, "G3", "prd_review", "read it", "pass")
			return err
		},
		"condition": func(by core.Caller) error {
			_, err := b.app.Gates.ResolveCondition(t.Context(), by, b.place.Project, g.Conditions[0].ID, "done")
			return err
		},
	} {
		require.Equal(t, "signature_required", fault.CodeOf(decide(b.ada)), name)
		require.NoError(t, decide(signing(b.ada, ada)), name)
	}
	b.sound(t)
}

// TestSignaturesAreForOneDecision holds that a signature cannot be used for
// anything but what was signed.
func TestSignaturesAreForOneDecision(t *testing.T) {
	t.Parallel()
	b := presented(t, core.NewProject{})
	ada := b.enroll(t)
	// The signature under a rejection, and one under another note, for the
	// approval.
	taken := func(decide func(by core.Caller) error) []byte {
		var kept []byte
		by := b.ada
		by.Sign = func(ctx context.Context, statement []byte) ([]byte, error) {
			armored, err := ada.sign(ctx, statement)
			kept = armored
			require.NoError(t, err)
			return nil, context.Canceled // it is never handed in
		}
		require.ErrorIs(t, decide(by), context.Canceled)
		return kept
	}
	others := [][]byte{
		taken(func(by core.Caller) error {
			_, err := b.app.Gates.Skip(t.Context(), by, b.place.Project, "G1", "no need")
			return err
		}),
		taken(func(by core.Caller) error {
			_, err := b.app.Gates.Approve(t.Context(), by, b.place, core.Approval{Gate: "G1", Note: "another"})
			return err
		}),
		taken(func(by core.Caller) error {
			_, err := b.app.Gates.Approve(t.Context(), by, b.place, core.Approval{Gate: "G1", ForceReason: "because"})
			return err
		}),
	}
	for _, armored := range others {
		by := b.ada
		by.Sign = func(context.Context, []byte) ([]byte, error) { return armored, nil }
		_, err := b.app.Gates.Approve(t.Context(), by, b.place, core.Approval{Gate: "G1"})
		require.Equal(t, "signature_stale", fault.CodeOf(err), err)
	}
	// A signature made before the candidate changed.
	var old []byte
	by := b.ada
	by.Sign = func(ctx context.Context, statement []byte) ([]byte, error) {
		armored, err := ada.sign(ctx, statement)
		require.NoError(t, err)
		if old == nil {
			old = armored
			b.write(t, "new.txt", "new")
			b.commit(t) //nolint:contextcheck // the test's context is as good
			_, err := b.app.Gates.Present(ctx, b.robot, b.place, "G1")
			require.NoError(t, err)
		}
		return armored, nil
	}
	_, err := b.app.Gates.Approve(t.Context(), by, b.place, core.Approval{Gate: "G1"})
	require.Equal(t, "signature_stale", fault.CodeOf(err), err)
	// What else happens meanwhile does not matter.
	by.Sign = func(ctx context.Context, statement []byte) ([]byte, error) {
		_, err := b.app.Records.Note(ctx, b.robot, b.place.Project, project.AddNote{Text: "meanwhile"})
		require.NoError(t, err)
		return ada.sign(ctx, statement)
	}
	_, err = b.app.Gates.Approve(t.Context(), by, b.place, core.Approval{Gate: "G1"})
	require.NoError(t, err)
	b.sound(t)
}

// TestSignaturesAreUsedOnce takes signatures from the log, where everybody can
// read them, and hands them in again when the same decision would be new.
func TestSignaturesAreUsedOnce(t *testing.T) {
	t.Parallel()
	b := presented(t, core.NewProject{})
	ada := b.enroll(t)
	ctx, p := t.Context(), b.place.Project
	_, err := b.app.Gates.Skip(ctx, signing(b.ada, ada), p, "G1", "r")
	require.NoError(t, err)
	events, err := b.app.Log.Events(ctx, p, core.EventQuery{Types: []string{string(event.GateSkipped)}})
	require.NoError(t, err)
	var skipped event.GateSkippedPayload
	require.NoError(t, json.Unmarshal(events[0].Payload, &skipped))
	_, err = b.app.Gates.Reopen(ctx, signing(b.ada, ada), p, "G1", "after all")
	require.NoError(t, err)
	var st event.Statement
	require.NoError(t, json.Unmarshal([]byte(skipped.Signature.Statement), &st))
	again := b.ada.Presence
	again.Signature = &project.Signed{Armored: skipped.Signature.Armored, Version: st.ChainVersion}
	_, err = b.db.Write(ctx, core.Write{Project: p, Actor: b.ada.Actor, Now: time.Now(), Command: &project.SkipGate{Gate: "G1", Presence: again, Reason: "r"}})
	require.Equal(t, "signature_used", fault.CodeOf(err), err)
	b.sound(t)
}

func TestSignersAreChangedBySigners(t *testing.T) {
	t.Parallel()
	b := setup(t, core.NewProject{})
	ctx, p := t.Context(), b.place.Project
	ada, bob, eve := newPen(t, "ada"), newPen(t, "bob"), newPen(t, "eve")
	add := func(by core.Caller, k *pen, gates ...string) error {
		_, err := b.app.Signers.Add(ctx, by, p, core.NewSigner{Key: k.line, Gates: gates})
		return err
	}
	_, err := b.app.Projects.SetLevel(ctx, b.ada, p, project.LevelSigned, "")
	require.Equal(t, "no_signer", fault.CodeOf(err))
	require.Equal(t, "signature_required", fault.CodeOf(add(b.ada, ada)), "one shows that one has the key")
	require.Equal(t, "signer_unknown", fault.CodeOf(add(signing(b.ada, bob), ada)))
	require.Equal(t, "person_required", fault.CodeOf(add(signing(b.robot, ada), ada)))
	require.NoError(t, add(signing(b.ada, ada), ada))
	require.Equal(t, "signer_unknown", fault.CodeOf(add(signing(b.ada, eve), eve)), "only the first one enrolls themselves")
	require.Equal(t, "signature_required", fault.CodeOf(add(b.ada, eve, "G1")), "machines too")
	require.NoError(t, add(signing(b.ada, ada), bob))
	require.Equal(t, "signature_required", fault.CodeOf(b.app.Signers.Remove(ctx, b.ada, p, "x", "r")))

	_, err = b.app.Projects.SetLevel(ctx, signing(b.ada, bob), p, project.LevelSigned, "")
	require.NoError(t, err)
	_, err = b.app.Projects.SetLevel(ctx, b.ada, p, project.LevelTerminal, "")
	require.Equal(t, "signature_required", fault.CodeOf(err))
	one, err := b.app.Signers.Find(ctx, p, "ada")
	require.NoError(t, err)
	require.NoError(t, b.app.Signers.Remove(ctx, signing(b.ada, ada), p, one.Fingerprint, "lost"))
	other, err := b.app.Signers.Find(ctx, p, "bob")
	require.NoError(t, err)
	err = b.app.Signers.Remove(ctx, signing(b.ada, bob), p, other.Fingerprint, "r")
	require.Equal(t, "last_signer", fault.CodeOf(err))
	require.Equal(t, "signer_unknown", fault.CodeOf(add(signing(b.ada, ada), eve)), "she was removed")
	b.sound(t)
}

func TestMachinesApproveWhatIsDelegated(t *testing.T) {
	t.Parallel()
	b := presented(t, core.NewProject{Preset: "simple"})
	ctx := t.Context()
	ada, ci := b.enroll(t), newPen(t, "pipeline")
	_, err := b.app.Signers.Add(ctx, signing(b.ada, ada), b.place.Project, core.NewSigner{Key: ci.line, Gates: []string{"g3"}})
	require.NoError(t, err)
	machine := core.Caller{Actor: project.Actor{Kind: project.ActorCI, Name: "pipeline"}, Sign: ci.sign}
	approve := func(by core.Caller, in core.Approval) error {
		in.Gate = "G1"
		_, err := b.app.Gates.Approve(ctx, by, b.place, in)
		return err
	}
	require.Equal(t, "gate_not_delegated", fault.CodeOf(approve(machine, core.Approval{})))
	k, err := b.app.Signers.Find(ctx, b.place.Project, "pipeline")
	require.NoError(t, err)
	require.NoError(t, b.app.Signers.Remove(ctx, signing(b.ada, ada), b.place.Project, k.Fingerprint, "for another gate"))
	require.Equal(t, "signer_unknown", fault.CodeOf(approve(machine, core.Approval{})))
	_, err = b.app.Signers.Add(ctx, signing(b.ada, ada), b.place.Project, core.NewSigner{Key: ci.line, Gates: []string{"G1"}})
	require.NoError(t, err)

	require.Equal(t, "person_required", fault.CodeOf(approve(machine, core.Approval{ForceReason: "r"})))
	require.Equal(t, "person_required", fault.CodeOf(approve(machine, core.Approval{Conditions: []core.NewCondition{{Text: "c", Blocks: "G3"}}})))
	unsigned := machine
	unsigned.Sign = nil
	require.Equal(t, "signature_required", fault.CodeOf(approve(unsigned, core.Approval{})))
	seen := machine
	seen.Presence.AgentSigns = []string{"environment:CLAUDECODE"}
	require.Equal(t, "agent_detected", fault.CodeOf(approve(seen, core.Approval{})))
	other := machine
	other.Actor.Name = "somebody"
	require.Equal(t, "signer_mismatch", fault.CodeOf(approve(other, core.Approval{})))
	byPerson := signing(b.ada, ci)
	require.Equal(t, "signer_unknown", fault.CodeOf(approve(byPerson, core.Approval{})), "a machine's key is not a person's")
	for name, err := range map[string]error{
		"skip":    second(b.app.Gates.Skip(ctx, machine, b.place.Project, "G1", "r")),
		"reject":  second(b.app.Gates.Reject(ctx, machine, b.place.Project, "G1", "r", "")),
		"level":   second(b.app.Projects.SetLevel(ctx, machine, b.place.Project, project.LevelTerminal, "")),
		"archive": second(b.app.Projects.Archive(ctx, machine, b.place.Project, false, "")),
		"signer":  second(b.app.Signers.Add(ctx, machine, b.place.Project, core.NewSigner{Key: newPen(t, "x").line})),
	} {
		require.Equal(t, "person_required", fault.CodeOf(err), name)
	}
	require.NoError(t, approve(machine, core.Approval{}))
	g, err := b.app.Gates.Get(ctx, core.View{Project: b.place.Project}, "G1")
	require.NoError(t, err)
	require.Equal(t, project.LevelCI, g.Level)
	require.Equal(t, "ci:pipeline", g.DecidedBy)
	b.sound(t)
}

func second[T any](_ T, err error) error { return err }

func TestAnswersInClientsCountWhereAPersonSaysSo(t *testing.T) {
	t.Parallel()
	b := presented(t, core.NewProject{})
	ctx := t.Context()
	answered := b.ada
	answered.Presence = project.Presence{Through: "claude-code", Word: "approve", AgentSigns: []string{"MCP client claude-code"}}
	_, err := b.app.Gates.Approve(ctx, answered, b.place, core.Approval{Gate: "G1"})
	require.Equal(t, "terminal_required", fault.CodeOf(err))
	g, err := b.app.Gates.Request(ctx, b.robot, b.place.Project, "G1", "approve", "claude-code", "")
	require.NoError(t, err)
	require.Equal(t, project.GateInReview, g.Status)
	require.Equal(t, "claude-code", g.RequestedThrough)
	_, err = b.app.Projects.SetLevel(ctx, answered, b.place.Project, project.LevelElicited, "")
	require.Equal(t, "terminal_required", fault.CodeOf(err))
	_, err = b.app.Projects.SetLevel(ctx, b.ada, b.place.Project, project.LevelElicited, "")
	require.NoError(t, err)
	_, err = b.app.Gates.Approve(ctx, answered, b.place, core.Approval{Gate: "G1", ForceReason: "r"})
	require.Equal(t, "terminal_required", fault.CodeOf(err), "never by force")
	_, err = b.app.Gates.Skip(ctx, answered, b.place.Project, "G1", "r")
	require.Equal(t, "terminal_required", fault.CodeOf(err))
	g, err = b.app.Gates.Approve(ctx, answered, b.place, core.Approval{Gate: "G1"})
	require.NoError(t, err)
	require.Equal(t, project.LevelElicited, g.Level)
	events, err := b.app.Log.Events(ctx, b.place.Project, core.EventQuery{Types: []string{string(event.GateApproved)}})
	require.NoError(t, err)
	require.Contains(t, string(events[0].Payload), "answered in claude-code")
	b.sound(t)
}
