package db_test

import (
	"bytes"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/layercake-dev/layercake/core"
	"github.com/layercake-dev/layercake/core/anchor"
	"github.com/layercake-dev/layercake/core/fault"
	"github.com/layercake-dev/layercake/core/project"
	"github.com/layercake-dev/layercake/core/signature"
)

// penKey is a key to sign with.
type penKey struct {
	file string
	key  *signature.Key
}

func newPenKey(t *testing.T, comment string) *penKey {
	t.Helper()
	file := filepath.Join(t.TempDir(), "id")
	out, err := exec.CommandContext(t.Context(), "ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", comment, "-f", file).CombinedOutput()
	require.NoError(t, err, string(out))
	key, err := signature.ReadPublic(t.Context(), file+".pub", os.Environ())
	require.NoError(t, err)
	return &penKey{file, key}
}

func (p *penKey) sign(namespace string) func(ctx context.Context, text []byte) ([]byte, error) {
	signer := signature.Signer{KeyFile: p.file, Namespace: namespace, Environ: os.Environ()}
	return signer.Sign
}

// anchoredProject is a project with five events, a second one, and an anchor of
// both by somebody who is not enrolled.
type anchoredProject struct {
	*bundle

	id, other uuid.UUID
	ada       *penKey
	made      *core.SignedAnchor
	file      core.AnchorFile
}

func anchoredLogs(t *testing.T) *anchoredProject {
	t.Helper()
	b, id := tampered(t)
	a := &anchoredProject{bundle: b, id: id, other: b.project(t, "Other"), ada: newPenKey(t, "ada@laptop")}
	made, err := b.app.Anchors.Make(t.Context(), b.ada, core.NewAnchor{Signer: "ada", Sign: a.ada.sign(anchor.Namespace)})
	require.NoError(t, err)
	n, err := b.app.Anchors.Record(t.Context(), b.ada, made)
	require.NoError(t, err)
	require.Equal(t, 2, n)
	raw, err := made.File.Encode()
	require.NoError(t, err)
	a.made, a.file = made, core.AnchorFile{Name: "a.json", Raw: raw, Named: true}
	b.sound(t, id)
	return a
}

func (a *anchoredProject) verify(t *testing.T, files ...core.AnchorFile) *core.Audit {
	t.Helper()
	audit, err := a.app.Log.VerifyAnchored(t.Context(), a.id, files, []*signature.Key{a.ada.key})
	require.NoError(t, err)
	return audit
}

// TestAnchorsFindWhatTheChainCannot holds that a log that was written anew, with all
// hashes, and one that was cut short do not fit an anchor made before.
func TestAnchorsFindWhatTheChainCannot(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		change  func(t *testing.T, a *anchoredProject)
		at      int64
		problem string
	}{
		"nothing":  {func(*testing.T, *anchoredProject) {}, 0, ""},
		"goes on":  {func(t *testing.T, a *anchoredProject) { t.Helper(); a.add(t, a.id) }, 0, ""},
		"redacted": {func(t *testing.T, a *anchoredProject) { t.Helper(); a.redact(t) }, 0, ""},
		"written anew": {
			func(t *testing.T, a *anchoredProject) { t.Helper(); a.forge(t, a.id, "task 1", "task 9") }, 6,
			"it records an anchor of another log",
		},
		"written anew, without the event that says there is an anchor": {
			func(t *testing.T, a *anchoredProject) {
				t.Helper()
				a.cut(t, a.id, 5)
				a.forge(t, a.id, "task 1", "task 9")
			}, 5, "the anchor a.json: event 5 is not the one that was signed: the log was written anew",
		},
		"cut short": {
			func(t *testing.T, a *anchoredProject) { t.Helper(); a.cut(t, a.id, 4) }, 5,
			"the anchor a.json: event 5 is missing: the log ends at 4",
		},
		"another project written anew": {
			func(t *testing.T, a *anchoredProject) {
				t.Helper()
				a.cut(t, a.other, 1)
				a.forge(t, a.other, "Other", "Forged")
			}, 0, "is not the one that was signed: the log was written anew",
		},
		"another project gone": {
			func(t *testing.T, a *anchoredProject) {
				t.Helper()
				_, err := a.db.Pool().Exec(t.Context(), unguarded+"DELETE FROM event_payloads WHERE project_id = '"+a.other.String()+
					"'; DELETE FROM events WHERE project_id = '"+a.other.String()+"'; DELETE FROM streams WHERE project_id = '"+a.other.String()+"'"+guarded)
				require.NoError(t, err)
			}, 0, "is not in this database",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := anchoredLogs(t)
			c.change(t, a)
			audit := a.verify(t, a.file)
			require.Equal(t, c.problem == "", audit.OK, audit.Problem)
			require.Equal(t, c.at, audit.FaultAt, audit.Problem)
			require.Contains(t, audit.Problem, c.problem)
			require.Len(t, audit.Anchors, 1)
			if strings.Contains(name, "another project") {
				// An anchor that only lies there says nothing of other projects.
				a.file.Named = false
				require.True(t, a.verify(t, a.file).OK)
			}
		})
	}
}

func (b *bundle) add(t *testing.T, id uuid.UUID) {
	t.Helper()
	_, err := b.app.Tasks.Add(t.Context(), b.ada, id, core.NewTask{Title: "one more"})
	require.NoError(t, err)
}

func (a *anchoredProject) redact(t *testing.T) {
	t.Helper()
	_, err := a.app.Redactions.Redact(t.Context(), a.bundle.ada, a.id, core.Target{Text: "task 1"}, "a secret")
	require.NoError(t, err)
}

// cut takes the end of a log away, and what says so.
func (b *bundle) cut(t *testing.T, id uuid.UUID, last int64) {
	t.Helper()
	for _, sql := range []string{
		unguarded, "DELETE FROM event_payloads WHERE project_id = $1 AND version > $2", "DELETE FROM events WHERE project_id = $1 AND version > $2",
		"UPDATE streams SET version = $2, head = (SELECT hash FROM events WHERE project_id = $1 AND version = $2) WHERE project_id = $1", guarded,
	} {
		args := []any{id, last}
		if !strings.Contains(sql, "$2") {
			args = nil
		}
		_, err := b.db.Pool().Exec(t.Context(), sql, args...)
		require.NoError(t, err)
	}
}

// TestAnchorsThatDoNotCount holds that nobody but who may can vouch for a log, and
// that an anchor says what was signed.
func TestAnchorsThatDoNotCount(t *testing.T) {
	t.Parallel()
	a := anchoredLogs(t)
	eve := newPenKey(t, "eve")
	byEve, err := a.app.Anchors.Make(t.Context(), a.bundle.ada, core.NewAnchor{Signer: "ada", Sign: eve.sign(anchor.Namespace)})
	require.NoError(t, err)
	rawOfEve, err := byEve.File.Encode()
	require.NoError(t, err)
	decision, err := a.ada.sign(signature.Namespace)(t.Context(), a.made.Text())
	require.NoError(t, err)
	asDecision, err := anchor.NewFile("ada", a.made.Text(), decision).Encode()
	require.NoError(t, err)
	edit := func(old, with string) []byte {
		changed := bytes.Replace(a.file.Raw, []byte(old), []byte(with), 1)
		require.NotEqual(t, a.file.Raw, changed, old)
		return changed
	}
	for name, c := range map[string]struct {
		raw     []byte
		problem string
	}{
		"signed by another":       {rawOfEve, eve.key.Fingerprint + ", which is not one that counts"},
		"another version":         {edit(" 5 ", " 4 "), "the signature does not hold"},
		"another time":            {edit("time 20", "time 19"), "the signature does not hold"},
		"signed as a decision":    {asDecision, "the signature does not hold"},
		"no JSON":                 {[]byte("x"), "it is not an anchor"},
		"half a file":             {a.file.Raw[:len(a.file.Raw)/2], "it is not an anchor"},
		"something more":          {append(bytes.Clone(a.file.Raw), `{"text":[]}`...), "it is not an anchor"},
		"another form":            {edit(anchor.Format, "layercake/anchor/v9"), "does not begin with"},
		"spelled in another way":  {edit("database ", "database urn:uuid:"), "is not in the form in which anchors are written"},
		"an unknown field":        {edit(`"signer"`, `"x": 1, "signer"`), "it is not an anchor"},
		"the signature cut short": {edit("-----END SSH SIGNATURE-----", ""), "it cannot be read"},
	} {
		audit := a.verify(t, core.AnchorFile{Name: "a.json", Raw: c.raw, Named: true})
		require.False(t, audit.OK, name)
		require.Contains(t, audit.Problem, c.problem, name)
	}
	// One that only lies there, by a key nobody knows, is compared nonetheless.
	audit := a.verify(t, core.AnchorFile{Name: "a.json", Raw: rawOfEve})
	require.True(t, audit.OK)
	require.False(t, audit.Anchors[0].Known)
}

// TestEnrolledKeysAnchor holds that without a list of keys those count that are, or
// were, enrolled in the project.
func TestEnrolledKeysAnchor(t *testing.T) {
	t.Parallel()
	b := setup(t)
	p, err := b.app.Projects.Create(t.Context(), b.ada, core.NewProject{Name: "Signed"})
	require.NoError(t, err)
	pen := newPenKey(t, "ada@laptop")
	by := b.ada
	by.Sign = pen.sign(signature.Namespace)
	_, err = b.app.Signers.Add(t.Context(), by, p.ID, core.NewSigner{Key: []byte(pen.key.Line + " ada@laptop")})
	require.NoError(t, err)
	made, err := b.app.Anchors.Make(t.Context(), b.ada, core.NewAnchor{Signer: "somebody", Sign: pen.sign(anchor.Namespace)})
	require.NoError(t, err)
	raw, err := made.File.Encode()
	require.NoError(t, err)
	for range 2 {
		audit, err := b.app.Log.VerifyAnchored(t.Context(), p.ID, []core.AnchorFile{{Name: "a.json", Raw: raw, Named: true}}, nil)
		require.NoError(t, err)
		require.True(t, audit.OK, audit.Problem)
		require.Equal(t, "ada@laptop", audit.Anchors[0].Signer, "not as they call themselves")
		require.True(t, audit.Anchors[0].Known)
		err = b.app.Signers.Remove(t.Context(), by, p.ID, pen.key.Fingerprint, "retired")
		if fault.CodeOf(err) != "signer_unknown" { // the second time
			require.NoError(t, err)
		}
	}
}

// TestAnchoringIsRefused holds that no agent anchors, and that no anchor vouches
// for a log that does not verify.
func TestAnchoringIsRefused(t *testing.T) {
	t.Parallel()
	a := anchoredLogs(t)
	in := core.NewAnchor{Signer: "ada", Sign: a.ada.sign(anchor.Namespace)}
	robot := core.Caller{Actor: project.Actor{Kind: project.ActorAgent, Name: "robot", OnBehalfOf: "person:ada"}}
	_, err := a.app.Anchors.Make(t.Context(), robot, in)
	require.Equal(t, "person_required", fault.CodeOf(err))
	_, err = a.app.Anchors.Record(t.Context(), robot, a.made)
	require.Equal(t, "person_required", fault.CodeOf(err))
	_, err = a.db.Pool().Exec(t.Context(), unguarded+"UPDATE events SET actor = 'eve' WHERE version = 3"+guarded)
	require.NoError(t, err)
	_, err = a.app.Anchors.Make(t.Context(), a.bundle.ada, in)
	require.Equal(t, "log_broken", fault.CodeOf(err))
}

// TestOpenSSHChecksAnchors checks an anchor as docs/security.md says that it can be
// done without LayerCake.
func TestOpenSSHChecksAnchors(t *testing.T) {
	t.Parallel()
	a := anchoredLogs(t)
	dir := t.TempDir()
	for name, content := range map[string][]byte{"anchor.json": a.file.Raw, "allowed": []byte("ada " + a.ada.key.Line + "\n")} {
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), content, 0o600))
	}
	page, err := os.ReadFile(filepath.Join("..", "docs", "security.md"))
	require.NoError(t, err)
	const script = `jq -r '.signature[]' anchor.json > anchor.sig
jq -r '.text[]' anchor.json | ssh-keygen -Y verify -n layercake-anchor -f allowed -I ada -s anchor.sig`
	require.Contains(t, string(page), script)
	cmd := exec.CommandContext(t.Context(), "sh", "-c", script)
	cmd.Dir = dir
	out, err := cmd.CombinedOutput()
	require.NoError(t, err, string(out))
	require.Contains(t, string(out), `Good "layercake-anchor" signature for ada`)
}
