package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/layercake-dev/layercake/core/event"
)

const root = "../../.."

// TestReferenceIsFresh holds that the page is what the catalogue makes of it.
func TestReferenceIsFresh(t *testing.T) {
	t.Parallel()
	want, err := reference(root)
	require.NoError(t, err)
	have, err := os.ReadFile(filepath.Join(root, referenceFile))
	require.NoError(t, err)
	require.True(t, bytes.Equal(want, have), "%s is stale; run go generate ./core", referenceFile)
}

// TestSchemasFitTheSamples holds that a schema says what is really stored: the
// newest sample of each type fits it, and does not with a field more or one of
// another kind. Everything has a word of explanation where it needs one.
func TestSchemasFitTheSamples(t *testing.T) {
	t.Parallel()
	said, err := readComments(filepath.Join(root, eventFolder))
	require.NoError(t, err)
	catalogue := event.Catalogue()
	for i := range catalogue {
		s := &catalogue[i]
		require.NotEmpty(t, meaning(s, said), "the comment of %s does not begin with %q", s.Type, s.Type+" is the type of the events in which")
		schema, err := schemaOf(s, said)
		require.NoError(t, err)
		resolved, err := schema.Resolve(nil)
		require.NoError(t, err)
		raw, err := os.ReadFile(filepath.Join(root, sampleFolder, fmt.Sprintf("%s.v%d.json", s.Type, s.Version)))
		require.NoError(t, err)
		var sample map[string]any
		require.NoError(t, json.Unmarshal(raw, &sample))
		require.NoError(t, resolved.Validate(sample), s.Type)
		for field := range sample {
			was := sample[field]
			sample[field] = []any{[]any{}}
			if schema.Properties[field].Type != "" || len(schema.Properties[field].Types) > 0 {
				require.Error(t, resolved.Validate(sample), "%s.%s", s.Type, field)
			}
			sample[field] = was
		}
		sample["no such field"] = 1
		require.Error(t, resolved.Validate(sample), s.Type)
	}
}
