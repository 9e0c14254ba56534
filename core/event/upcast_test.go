package event

import (
	"encoding/json"
	"errors"
	"testing"

	"github.com/stretchr/testify/require"
)

// liftedPayload is a payload that has come to its third version. The first said
// {"name": "Ada Lovelace"}, the second split the name in two, the third made a
// list of the first names.
type liftedPayload struct {
	Given  []string `json:"given"`
	Family string   `json:"family"`
}

func (*liftedPayload) EventType() Type { return "Lifted" }

func splitName(raw json.RawMessage) (json.RawMessage, error) {
	var v1 struct {
		Name string `json:"name"`
	}
	if err := json.Unmarshal(raw, &v1); err != nil {
		return nil, err
	}
	for i := len(v1.Name) - 1; i >= 0; i-- {
		if v1.Name[i] == ' ' {
			return json.Marshal(map[string]string{"given": v1.Name[:i], "family": v1.Name[i+1:]})
		}
	}
	return nil, errors.New("the name has one word")
}

func listGiven(raw json.RawMessage) (json.RawMessage, error) {
	var v2 map[string]string
	if err := json.Unmarshal(raw, &v2); err != nil {
		return nil, err
	}
	return json.Marshal(liftedPayload{Given: []string{v2["given"]}, Family: v2["family"]})
}

// TestUpcastersLiftEveryOlderVersion decodes the same fact from each version of a
// type that has three, as logs hold them beside each other.
func TestUpcastersLiftEveryOlderVersion(t *testing.T) {
	t.Parallel()
	s := spec[liftedPayload](splitName, listGiven)
	require.Equal(t, 3, s.Version)
	want := &liftedPayload{Given: []string{"Ada"}, Family: "Lovelace"}
	for version, raw := range map[int]string{
		1: `{"name":"Ada Lovelace"}`, 2: `{"given":"Ada","family":"Lovelace"}`, 3: `{"given":["Ada"],"family":"Lovelace"}`,
	} {
		got, err := s.payload(version, json.RawMessage(raw))
		require.NoError(t, err)
		require.Equal(t, want, got, "version %d", version)
	}
	_, err := s.payload(1, json.RawMessage(`{"name":"Ada"}`))
	require.ErrorContains(t, err, "lift Lifted from version 1: the name has one word")
	for _, version := range []int{0, -1, 4} {
		_, err = s.payload(version, json.RawMessage(`{}`))
		require.ErrorContains(t, err, "is not known to this program (it knows 1 to 3)")
	}
}
