package language

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

// Every row leads to a language.
func TestTables(t *testing.T) {
	t.Parallel()
	for _, table := range []map[string]string{extensions, names, interpreters} {
		for key, id := range table {
			if id == "include" {
				continue
			}
			_, ok := ByID(id)
			assert.True(t, ok, "%s leads to %s", key, id)
		}
	}
}
