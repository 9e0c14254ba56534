package event_test

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/layercake-dev/layercake/core/event"
)

const samples = "testdata/samples"

// TestEveryTypeAndVersionHasASample holds that one payload of each type and
// version that was ever written is kept, with every field set, and can be read.
// Samples stand for what is in people's logs: they are added, never changed.
func TestEveryTypeAndVersionHasASample(t *testing.T) {
	t.Parallel()
	sums := readSums(t)
	for _, spec := range event.Catalogue() {
		for v := 1; v <= spec.Version; v++ {
			name := fmt.Sprintf("%s.v%d.json", spec.Type, v)
			raw, err := os.ReadFile(filepath.Join(samples, name))
			require.NoError(t, err, "write a sample of %s version %d into %s/%s, with every field set", spec.Type, v, samples, name)
			sum := sha256.Sum256(raw)
			require.Equal(t, sums[name], hex.EncodeToString(sum[:]),
				"%s is not the sample that %s/SHA256SUMS names: a sample that was released is never changed, a new one gets its line there", name, samples)
			delete(sums, name)
			p, err := event.Decode(spec.Type, v, raw)
			require.NoError(t, err, name)
			if v == spec.Version {
				requireWhole(t, name, reflect.ValueOf(p).Elem())
				again, err := event.Encode(p)
				require.NoError(t, err)
				require.Equal(t, strings.TrimSuffix(string(raw), "\n"), string(again), "%s is not written as a payload is", name)
			}
		}
		_, err := event.Decode(spec.Type, spec.Version+1, json.RawMessage(`{}`))
		require.ErrorContains(t, err, "is not known to this program")
	}
	require.Empty(t, sums, "samples of types that are no longer known: logs may hold them")
}

func readSums(t *testing.T) map[string]string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(samples, "SHA256SUMS"))
	require.NoError(t, err)
	sums := map[string]string{}
	for line := range strings.Lines(string(text)) {
		fields := strings.Fields(line)
		require.Len(t, fields, 2, line)
		sums[fields[1]] = fields[0]
	}
	return sums
}

// requireWhole holds that no field has its zero value.
func requireWhole(t *testing.T, name string, v reflect.Value) {
	t.Helper()
	for i := range v.NumField() {
		field, value := v.Type().Field(i), v.Field(i)
		require.False(t, value.IsZero(), "%s does not set %s", name, field.Name)
		if value.Kind() == reflect.Slice && field.Type != reflect.TypeFor[json.RawMessage]() {
			require.NotZero(t, value.Len(), "%s does not set %s", name, field.Name)
			value = value.Index(0)
		}
		if value.Kind() == reflect.Struct && strings.HasSuffix(value.Type().PkgPath(), "core/event") {
			requireWhole(t, name, value)
		}
	}
}
