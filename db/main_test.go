package db_test

import (
	"os"
	"testing"

	"github.com/layercake-dev/layercake/db/cluster/clustertest"
)

func TestMain(m *testing.M) { os.Exit(clustertest.Main(m)) }
