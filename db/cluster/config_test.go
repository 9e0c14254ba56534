package cluster_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/layercake-dev/layercake/db/cluster"
)

func TestDefaultDataDir(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name string
		env  map[string]string
		uid  int
		want string
	}{
		{"home", map[string]string{"HOME": "/home/ann"}, 1000, "/home/ann/.local/share/layercake"},
		{"xdg before home", map[string]string{"HOME": "/home/ann", "XDG_DATA_HOME": "/data"}, 1000, "/data/layercake"},
		{"relative xdg is ignored", map[string]string{"HOME": "/home/ann", "XDG_DATA_HOME": "data"}, 1000, "/home/ann/.local/share/layercake"},
		{"own variable first", map[string]string{"HOME": "/home/ann", "XDG_DATA_HOME": "/data", "LAYERCAKE_DATA_DIR": "/mine"}, 1000, "/mine"},
		{"empty is unset", map[string]string{"HOME": "/home/ann", "LAYERCAKE_DATA_DIR": ""}, 1000, "/home/ann/.local/share/layercake"},
		{"root", map[string]string{"HOME": "/root"}, 0, "/var/lib/layercake"},
		{"root with xdg", map[string]string{"HOME": "/root", "XDG_DATA_HOME": "/data"}, 0, "/data/layercake"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			got, err := cluster.DefaultDataDir(lookup(c.env), c.uid)
			require.NoError(t, err)
			require.Equal(t, c.want, got)
		})
	}
}

func TestNoHomeIsAnError(t *testing.T) {
	t.Parallel()
	for _, env := range []map[string]string{nil, {"HOME": ""}, {"HOME": "relative"}} {
		_, err := cluster.DefaultDataDir(lookup(env), 1000)
		require.Contains(t, requireCode(t, err, cluster.CodeNoHome).Hint, "LAYERCAKE_DATA_DIR")
	}
}

func TestConfigFromEnv(t *testing.T) {
	t.Parallel()
	cfg, err := cluster.ConfigFromEnv(lookup(map[string]string{
		"LAYERCAKE_DATA_DIR": "/mine", "LAYERCAKE_POSTGRES_BIN": "/pg/bin", "XDG_RUNTIME_DIR": "/run/user/7",
	}), 7)
	require.NoError(t, err)
	require.Equal(t, cluster.Config{DataDir: "/mine", BinDir: "/pg/bin", RuntimeDir: "/run/user/7"}, cfg)
}

func TestOnlyASpawnedProcessIsASupervisor(t *testing.T) {
	t.Parallel()
	_, spawned, err := cluster.SupervisorConfig(lookup(nil))
	require.NoError(t, err)
	require.False(t, spawned)

	_, spawned, err = cluster.SupervisorConfig(lookup(map[string]string{cluster.EnvSupervisor: "{"}))
	require.Error(t, err)
	require.True(t, spawned)
}

func lookup(env map[string]string) cluster.LookupEnv {
	return func(name string) (string, bool) {
		value, ok := env[name]
		return value, ok
	}
}
