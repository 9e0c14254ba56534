package cluster

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestNetworkFileSystemsAreToldApart(t *testing.T) {
	t.Parallel()
	for _, magic := range []uint32{fsNFS, fsSMB, fsSMB2, fsCIFS, fs9P, fsFUSE, fsVirtioFS} {
		require.Equal(t, fsRemote, classifyFileSystem(magic).kind)
		require.NotEmpty(t, classifyFileSystem(magic).name)
	}
	for _, magic := range []uint32{fsExt, fsXFS, fsBtrfs, fsZFS, fsOverlay, fsTmpfs} {
		require.Equal(t, fsLocal, classifyFileSystem(magic).kind)
	}
	require.Equal(t, fsUnknown, classifyFileSystem(0x7461636f).kind) // OCFS2
}
