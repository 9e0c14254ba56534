package workflow_test

import (
	"testing"

	"github.com/layercake-dev/layercake/core/workflow"
)

func BenchmarkResolve(b *testing.B) {
	text := []byte("proofs:\n  test_output: {command: [go, test, -json, ./...], parser: gotest}\ngates:\n  QA: {after: G6, title: Look}\n")
	for b.Loop() {
		o, err := workflow.ParseOverrides("w.yaml", text)
		if err != nil {
			b.Fatal(err)
		}
		w, err := workflow.Resolve(workflow.ResolveParams{Type: workflow.TypeHybrid, Overrides: o})
		if err != nil {
			b.Fatal(err)
		}
		_ = w.Digest()
	}
}
