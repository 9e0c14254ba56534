package db_test

import (
	"bytes"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/layercake-dev/layercake/core"
	"github.com/layercake-dev/layercake/core/event"
	"github.com/layercake-dev/layercake/core/fault"
	"github.com/layercake-dev/layercake/core/project"
	"github.com/layercake-dev/layercake/core/signature"
)

// travelling is a project with a decision that nobody signed, one that is signed, a
// redaction, and a piece of evidence.
func travelling(t *testing.T) (*bundle, uuid.UUID, *penKey) {
	t.Helper()
	ctx := t.Context()
	b := setup(t)
	p, err := b.app.Projects.Create(ctx, b.ada, core.NewProject{Name: "Café <&> 🎂", Slug: "cafe"})
	require.NoError(t, err)
	_, err = b.app.Projects.SetLevel(ctx, b.ada, p.ID, project.LevelElicited, "nobody signs this")
	require.NoError(t, err)
	_, err = b.app.Projects.SetLevel(ctx, b.ada, p.ID, project.LevelTerminal, "nor this")
	require.NoError(t, err)
	pen := newPenKey(t, "ada@laptop")
	by := b.ada
	by.Sign = pen.sign(signature.Namespace)
	_, err = b.app.Signers.Add(ctx, by, p.ID, core.NewSigner{Key: []byte(pen.key.Line + " ada@laptop")})
	require.NoError(t, err)
	for _, title := range []string{"one", "a secret", "line\u2028separator \"quoted\" \\ <b>"} {
		_, err = b.app.Tasks.Add(ctx, b.ada, p.ID, core.NewTask{Title: title})
		require.NoError(t, err)
	}
	_, err = b.app.Redactions.Redact(ctx, by, p.ID, core.Target{Text: "secret"}, "it was one")
	require.NoError(t, err)
	_, err = b.app.Proofs.Submit(ctx, b.ada, core.Place{Project: p.ID, Root: t.TempDir()}, core.Submission{
		Gate: "G2", Type: "prd_review", Name: "review.txt", Content: strings.NewReader(strings.Repeat("evidence ", 200_000)),
	})
	require.NoError(t, err)
	return b, p.ID, pen
}

func (b *bundle) export(t *testing.T, id uuid.UUID, artifacts bool) []byte {
	t.Helper()
	var out bytes.Buffer
	_, err := b.app.Projects.Export(t.Context(), id, &out, core.ExportOptions{Artifacts: artifacts})
	require.NoError(t, err)
	return out.Bytes()
}

// TestExportAndImport holds that a project comes to another database as it was: the
// file that is exported there is the same, to the byte.
func TestExportAndImport(t *testing.T) {
	t.Parallel()
	for _, artifacts := range []bool{true, false} {
		from, id, pen := travelling(t)
		file := from.export(t, id, artifacts)
		require.Equal(t, file, from.export(t, id, artifacts), "the same log gives the same file")
		to := setup(t)
		ctx := t.Context()
		done, err := to.app.Projects.Import(ctx, to.ada, bytes.NewReader(file), core.ImportOptions{
			AcceptUnsigned: true, Signers: []*signature.Key{pen.key},
		})
		require.NoError(t, err)
		require.Equal(t, core.ImportedNew, done.Outcome)
		require.Equal(t, []int64{2, 3}, done.Unsigned)
		require.Equal(t, 2, done.Signed)
		require.Equal(t, "ada@laptop", done.Signers[0].Name)
		to.sound(t, id)
		require.Equal(t, string(file), string(to.export(t, id, artifacts)))
		require.Len(t, done.Missing, map[bool]int{true: 0, false: 1}[artifacts])
		proofs, err := to.app.Proofs.List(ctx, core.View{Project: id}, "", "")
		require.NoError(t, err)
		_, err = to.app.Proofs.Verify(ctx, to.ada, id, proofs[0].ID)
		if artifacts {
			require.NoError(t, err)
		}
		// Life goes on.
		to.add(t, id)
		to.sound(t, id)
	}
}

// TestImportRefuses holds that nothing is taken over of a file that is not what was
// exported.
func TestImportRefuses(t *testing.T) {
	t.Parallel()
	from, id, pen := travelling(t)
	whole := from.export(t, id, true)
	lines := strings.SplitAfter(strings.TrimSuffix(string(whole), "\n"), "\n")
	lines[len(lines)-1] += "\n"
	without := func(n int) string { return strings.Join(append(append([]string{}, lines[:n]...), lines[n+1:]...), "") }
	edited := func(old, with string) string {
		changed := strings.Replace(string(whole), old, with, 1)
		require.NotEqual(t, string(whole), changed, old)
		return changed
	}
	swapped := append([]string{}, lines...)
	swapped[5], swapped[6] = swapped[6], swapped[5]
	last := strings.LastIndex(string(whole), `"last":true`)
	require.Positive(t, last)
	to := setup(t)
	for name, c := range map[string]struct{ file, code, problem string }{
		"empty":               {"", "invalid_project_file", "line 1: it is not a project"},
		"something else":      {"hello\n", "invalid_project_file", "line 1: it is not a project"},
		"a newer form":        {edited("project/v1", "project/v2"), "project_file_newer", "newer LayerCake"},
		"cut off":             {string(whole[:len(whole)/2]), "invalid_project_file", "its end is missing"},
		"cut off after lines": {strings.Join(lines[:4], ""), "invalid_project_file", "line 5: its end is missing"},
		"no last line":        {strings.Join(lines[:len(lines)-1], ""), "invalid_project_file", "its end is missing"},
		"no last line end":    {strings.TrimSuffix(string(whole), "\n"), "invalid_project_file", "its end is missing"},
		"more behind it":      {string(whole) + "{}\n", "invalid_project_file", "something behind the last line"},
		"a line less":         {without(5), "invalid_project_file", "event 5: expected version 5, found 6"},
		"lines exchanged":     {strings.Join(swapped, ""), "invalid_project_file", "event 5: expected version 5, found 6"},
		"another title":       {edited(`"title":"one"`, `"title":"two"`), "invalid_project_file", "event 5: its payload does not have the hash"},
		"another actor":       {edited(`"actor":"person:ada"`, `"actor":"person:eve"`), "invalid_project_file", "event 1: its content does not have the hash"},
		"another project":     {edited(`"project":"`+id.String(), `"project":"`+uuid.NewString()), "invalid_project_file", "event 1: its content does not have the hash"},
		"another last event":  {edited(`"head":"`, `"head":"00`), "invalid_project_file", "the last line does not say the same"},
		"an unknown event":    {edited(`"type":"TaskCreated"`, `"type":"TaskDreamt"`), "event_unknown", "written by a newer LayerCake"},
		"a newer version":     {edited(`"type":"TaskCreated","schema_version":1`, `"type":"TaskCreated","schema_version":9`), "event_unknown", "written by a newer LayerCake"},
		"an unknown member":   {edited(`"session":`, `"sesion":`), "invalid_project_file", "line 2: it cannot be read"},
		"other evidence":      {edited(`"content":"ZXZp`, `"content":"ZXZo`), "invalid_project_file", "is not what its hash says"},
		"less evidence":       {string(whole[:last]) + string(whole[last+len(`"last":true,`):]), "invalid_project_file", "line 13: it cannot be read"},
		"the secret is back":  {edited("a [redacted]", "a secret"), "invalid_project_file", "event 6: its payload was redacted, and what was removed is back"},
	} {
		in := core.ImportOptions{AcceptUnsigned: true}
		_, err := to.app.Projects.Import(t.Context(), to.ada, strings.NewReader(c.file), in)
		require.Equal(t, c.code, fault.CodeOf(err), "%s: %v", name, err)
		require.ErrorContains(t, err, c.problem, name)
	}
	eve := newPenKey(t, "eve")
	robot := core.Caller{Actor: project.Actor{Kind: project.ActorAgent, Name: "robot"}, Presence: to.ada.Presence}
	seen, script, unsure := to.ada, to.ada, to.ada
	seen.Presence.AgentSigns = []string{"parent:claude"}
	script.Presence.Terminal = false
	unsure.Presence.Word = "ok"
	for name, c := range map[string]struct {
		by   core.Caller
		in   core.ImportOptions
		code string
	}{
		"an agent":                 {robot, core.ImportOptions{AcceptUnsigned: true}, "person_required"},
		"an agent is seen":         {seen, core.ImportOptions{AcceptUnsigned: true}, "person_required"},
		"unsigned":                 {to.ada, core.ImportOptions{}, "unsigned_decisions"},
		"unsigned, by a script":    {script, core.ImportOptions{AcceptUnsigned: true}, "terminal_required"},
		"unsigned, not quite sure": {unsure, core.ImportOptions{AcceptUnsigned: true}, "terminal_required"},
		"signed by a stranger":     {to.ada, core.ImportOptions{AcceptUnsigned: true, Signers: []*signature.Key{eve.key}}, "signer_unknown"},
	} {
		_, err := to.app.Projects.Import(t.Context(), c.by, bytes.NewReader(whole), c.in)
		require.Equal(t, c.code, fault.CodeOf(err), "%s: %v", name, err)
	}
	look, err := to.app.Projects.Import(t.Context(), to.ada, bytes.NewReader(whole), core.ImportOptions{DryRun: true})
	require.NoError(t, err)
	require.Equal(t, core.ImportedNew, look.Outcome)
	streams, err := to.app.Log.Streams(t.Context())
	require.NoError(t, err)
	require.Empty(t, streams)

	_, err = to.app.Projects.Create(t.Context(), to.ada, core.NewProject{Name: "Cafe"})
	require.NoError(t, err)
	_, err = to.app.Projects.Import(t.Context(), to.ada, bytes.NewReader(whole), core.ImportOptions{AcceptUnsigned: true})
	require.Equal(t, "slug_taken", fault.CodeOf(err))
	require.NotNil(t, pen)
}

// TestImportContinues holds that a log goes on where it ended, redactions of what was
// here included, and that two different ones are never mixed.
func TestImportContinues(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	from, id, pen := travelling(t)
	to := setup(t)
	in := core.ImportOptions{AcceptUnsigned: true}
	old := from.export(t, id, false)
	_, err := to.app.Projects.Import(ctx, to.ada, bytes.NewReader(old), in)
	require.NoError(t, err)

	again, err := to.app.Projects.Import(ctx, to.ada, bytes.NewReader(old), in)
	require.NoError(t, err)
	require.Equal(t, core.ImportedNothing, again.Outcome)

	from.add(t, id)
	by := from.ada
	by.Sign = pen.sign(signature.Namespace)
	_, err = from.app.Redactions.Redact(ctx, by, id, core.Target{Text: "separator"}, "that, too")
	require.NoError(t, err)
	grown := from.export(t, id, false)
	_, err = to.app.Projects.Import(ctx, to.ada, bytes.NewReader(grown), in)
	require.Equal(t, "project_exists", fault.CodeOf(err))
	in.Update, in.AcceptUnsigned = true, false // what is here already was accepted
	done, err := to.app.Projects.Import(ctx, to.ada, bytes.NewReader(grown), in)
	require.NoError(t, err)
	require.Equal(t, core.ImportedMore, done.Outcome)
	require.Equal(t, int64(2), done.Added)
	to.sound(t, id)
	require.Equal(t, string(grown), string(to.export(t, id, false)))

	to.add(t, id)
	ahead, err := to.app.Projects.Import(ctx, to.ada, bytes.NewReader(grown), in)
	require.NoError(t, err)
	require.Equal(t, core.ImportedNothing, ahead.Outcome)
	from.add(t, id)
	from.add(t, id)
	_, err = to.app.Projects.Import(ctx, to.ada, bytes.NewReader(from.export(t, id, false)), in)
	require.Equal(t, "logs_differ", fault.CodeOf(err))
	require.ErrorContains(t, err, fmt.Sprintf("from event %d on", done.Events+1))
	to.sound(t, id)
}

// changing is a file that becomes another one between two readings.
type changing struct {
	*bytes.Reader

	then []byte
}

func (c *changing) Seek(int64, int) (int64, error) {
	c.Reader = bytes.NewReader(c.then)
	return 0, nil
}

// TestImportTakesWhatItChecked holds that a file which changes while it is read is
// not taken over, in no part of it.
func TestImportTakesWhatItChecked(t *testing.T) {
	t.Parallel()
	from, id, _ := travelling(t)
	file := from.export(t, id, false)
	for name, then := range map[string][]byte{
		"another title": bytes.Replace(file, []byte(`"title":"one"`), []byte(`"title":"two"`), 1),
		"cut off":       file[:len(file)-100],
		"gone":          nil,
	} {
		to := setup(t)
		_, err := to.app.Projects.Import(t.Context(), to.ada, &changing{bytes.NewReader(file), then}, core.ImportOptions{AcceptUnsigned: true})
		require.Error(t, err, name)
		streams, err := to.app.Log.Streams(t.Context())
		require.NoError(t, err)
		require.Empty(t, streams, name)
	}
}

// TestImportAtOnce holds that of several who import the same, one does, and that the
// others find it there.
func TestImportAtOnce(t *testing.T) {
	t.Parallel()
	from, id, _ := travelling(t)
	file := from.export(t, id, false)
	to := setup(t)
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			_, err := to.app.Projects.Import(t.Context(), to.ada, bytes.NewReader(file), core.ImportOptions{AcceptUnsigned: true})
			if err != nil && fault.CodeOf(err) != "log_moved_on" {
				t.Errorf("import: %v", err)
			}
		})
	}
	wg.Wait()
	to.sound(t, id)
	require.Equal(t, string(file), string(to.export(t, id, false)))
}

// TestPayloadsTravelToTheByte holds that a payload stays as it is, however it is
// written.
func TestPayloadsTravelToTheByte(t *testing.T) {
	t.Parallel()
	from, id := tampered(t)
	var log []event.Envelope
	require.NoError(t, from.db.Stream(t.Context(), id, 0, func(e *event.Envelope) error {
		kept := *e
		kept.Payload = bytes.Clone(e.Payload)
		log = append(log, kept)
		return nil
	}))
	odd := log[4]
	for i, payload := range []string{
		" " + string(odd.Payload) + "\n", "{\n  \"id\": \"aaaaaaaa\",\r\n \"title\": \"1e3\", \"x\": 1e3, \"x\": 1.0 }", `{"id":"bbbbbbbb","title":"\u00e9\u2028 < > &"}`,
	} {
		odd.Version, odd.Payload = int64(5+i), []byte(payload)
		odd.Seal(log[len(log)-1].Hash)
		if i == 0 {
			odd.Version = 5
			odd.Seal(log[3].Hash)
			log = log[:4]
		}
		log = append(log, odd)
	}
	to := setup(t)
	err := to.db.Import(t.Context(), core.Import{Project: id, Events: func(fn func(*event.Envelope) error) error {
		for i := range log {
			if err := fn(&log[i]); err != nil {
				return err
			}
		}
		return nil
	}})
	require.NoError(t, err)
	to.sound(t, id)
	file := to.export(t, id, false)
	third := setup(t)
	_, err = third.app.Projects.Import(t.Context(), third.ada, bytes.NewReader(file), core.ImportOptions{})
	require.NoError(t, err)
	require.Equal(t, string(file), string(third.export(t, id, false)))
	third.sound(t, id)
}
