package search_test

import (
	"os"
	"testing"

	"github.com/layercake-dev/layercake/db/cluster/clustertest"
)

func TestMain(m *testing.M) {
	if root := os.Getenv(envIndexer); root != "" {
		os.Exit(indexAsProcess(root))
	}
	os.Exit(clustertest.Main(m))
}
