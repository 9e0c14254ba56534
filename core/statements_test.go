package core_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/layercake-dev/layercake/core"
	"github.com/layercake-dev/layercake/core/event"
)

// TestStatements holds what is exported of an approval and of the evidence under it.
func TestStatements(t *testing.T) {
	t.Parallel()
	b := presented(t, core.NewProject{})
	ada := b.enroll(t)
	_, err := b.app.Gates.Approve(t.Context(), signing(b.ada, ada), b.place, core.Approval{Gate: "G1", Note: "good"})
	require.NoError(t, err)
	_, err = b.app.Proofs.Submit(t.Context(), b.ada, b.place, core.Submission{
		Gate: "G2", Type: "prd_review", Name: "review.txt", Content: strings.NewReader("it is fine, all of it, I say"),
	})
	require.NoError(t, err)
	list, err := b.app.Log.Statements(t.Context(), b.place.Project, core.StatementQuery{})
	require.NoError(t, err)
	require.Len(t, list, 2)
	approval, evidence := list[0], list[1]
	require.Equal(t, core.PredicateTypeApproval, approval.PredicateType)
	require.Equal(t, "commit", approval.Subject[0].Name)
	require.Len(t, approval.Subject[0].Digest["gitCommit"], 40)
	var details event.GateApprovedPayload
	require.NoError(t, json.Unmarshal(approval.Predicate.Details, &details))
	require.Equal(t, "G1", details.Gate)
	require.Equal(t, "ada@laptop", details.Signature.Signer)
	require.Contains(t, details.Signature.Statement, approval.Subject[0].Digest["gitCommit"])
	require.Equal(t, core.PredicateTypeProof, evidence.PredicateType)
	require.Equal(t, "prd_review", evidence.Subject[0].Name)
	require.NoError(t, b.artifacts.Verify(t.Context(), evidence.Subject[0].Digest["sha256"]))
	events, err := b.app.Log.Events(t.Context(), b.place.Project, core.EventQuery{Types: []string{"ProofSubmitted"}})
	require.NoError(t, err)
	require.Equal(t, events[0].Hash.String(), evidence.Predicate.Event.Hash)
	for q, n := range map[core.StatementQuery]int{{Gate: "G1"}: 1, {Gate: "G2"}: 1, {Gate: "G3"}: 0} {
		some, err := b.app.Log.Statements(t.Context(), b.place.Project, q)
		require.NoError(t, err)
		require.Len(t, some, n)
	}
}
