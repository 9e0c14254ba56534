package cmd

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestPasswordsAreNotShown(t *testing.T) {
	t.Parallel()
	for _, url := range []string{
		"postgres://ada:s3cr3t-pw@h/d", "postgres://ada:s3cr3t-pw@h:x/d", "postgres://ada:s3cr3t-pw/y@h/d", "postgres://ada:#s3cr3t-pw@h/d",
		"postgres://h/d?user=ada&password=s3cr3t-pw", "postgres://h/d?sslpassword=s3cr3t-pw&sslmode=require", "postgres://ada:?s3cr3t-pw@h/d",
		"host=h user=ada password=s3cr3t-pw", "postgres:ada:s3cr3t-pw@h", "ada:s3cr3t-pw@h/d", "postgres://ada:%zzs3cr3t-pw@h/d",
		"postgres://ada:s3cr3t-pw", "postgres://ada:a@s3cr3t-pw@h/d", "postgres://ada:1/s3cr3t-pw@h/d",
	} {
		require.NotContains(t, withoutPassword(url), "s3cr3t-pw", url)
		require.True(t, hasPassword(url), url)
	}
	for _, url := range []string{"postgres://ada@h:5432/d", "postgres:///d?host=/run/pg&port=5432", "postgres://h/d?sslmode=require"} {
		require.Equal(t, url, withoutPassword(url))
		require.False(t, hasPassword(url), url)
	}
	require.Empty(t, withoutPassword(""))
}

func TestKeysOfProvidersAreNotShown(t *testing.T) {
	t.Parallel()
	env, err := findSetting(keySearchKeyEnv)
	require.NoError(t, err)
	require.Equal(t, "OPENAI_API_KEY", env.shown("OPENAI_API_KEY"))
	require.NotContains(t, env.shown("sk-proj-abc123"), "abc123", "a key where its variable's name belongs")

	url, err := findSetting(keySearchBaseURL)
	require.NoError(t, err)
	require.Equal(t, "http://localhost:8000/v1", url.shown("http://localhost:8000/v1"))
	require.NotContains(t, url.shown("https://ada:s3cr3t-pw@h/v1"), "s3cr3t-pw")
}
