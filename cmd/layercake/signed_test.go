package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

// keygen makes a key; a passphrase has to be typed whenever it signs.
func (s *shop) keygen(t *testing.T, file, passphrase string) string {
	t.Helper()
	require.NoError(t, os.MkdirAll(filepath.Dir(file), 0o700))
	s.do(t, "ssh-keygen", "-q", "-t", "ed25519", "-N", passphrase, "-C", "ada@laptop", "-f", file)
	return file
}

func (s *shop) home(t *testing.T) string {
	t.Helper()
	for _, v := range s.env {
		if len(v) > 5 && v[:5] == "HOME=" {
			return v[5:]
		}
	}
	t.Fatal("no HOME")
	return ""
}

// before brings the shop before G1 with nothing against it.
func (s *shop) before(t *testing.T) {
	t.Helper()
	answers := filepath.Join(s.dir, "answers.yaml")
	require.NoError(t, os.WriteFile(answers, []byte("what: x\ndone: y\n"), 0o600))
	s.do(t, "layercake", "intake", "--answers", answers)
	s.do(t, "git", "add", "-A")
	s.do(t, "git", "commit", "--quiet", "--message", "Work")
	s.do(t, "layercake", "deliverable", "submit", "intake")
	shown, code := s.atTerminal(t, []string{"deliverable", "accept", "intake"}, "Type \"accept\"", "accept\n")
	require.Zero(t, code, shown)
	s.do(t, "git", "add", "-A")
	s.do(t, "git", "commit", "--quiet", "--message", "Accept")
	s.do(t, "layercake", "gate", "present", "G1")
}

// TestSigningAtATerminal goes the whole way of a person: enroll a key, have
// decisions signed, approve with a passphrase, and check it with ssh-keygen.
func TestSigningAtATerminal(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	s.before(t)
	key := s.keygen(t, filepath.Join(s.home(t), ".ssh", "id_ed25519"), "open sesame")

	shown, code := s.atTerminal(t, []string{"signer", "add", key + ".pub"}, "Type \"enroll\"", "enroll\n", "passphrase", "open sesame\n")
	require.Zero(t, code, shown)
	require.Contains(t, shown, "can sign for ada@laptop")
	shown, code = s.atTerminal(t, []string{"project", "level", "signed"}, "Type \"signed\"", "signed\n", "passphrase", "open sesame\n")
	require.Zero(t, code, shown)

	shown, code = s.atTerminal(t, []string{"gate", "approve", "G1"}, "Type \"approve\"", "approve\n", "passphrase", "wrong\n")
	require.Equal(t, 1, code, shown)
	require.Contains(t, shown, "did not sign")
	shown, code = s.atTerminal(t, []string{"gate", "approve", "G1"}, "Type \"approve\"", "approve\n", "passphrase", "\x03")
	require.NotZero(t, code, shown)
	require.NotContains(t, shown, "goroutine")
	require.Equal(t, "in_review\n", s.do(t, "layercake", "gate", "show", "G1", "--jq", ".data.status"))

	shown, code = s.atTerminal(t, []string{"gate", "approve", "G1"}, "Type \"approve\"", "approve\n", "passphrase", "open sesame\n")
	require.Zero(t, code, shown)
	require.Contains(t, shown, "signed by ada@laptop SHA256:")
	require.Equal(t, "approved signed\n", s.do(t, "layercake", "gate", "show", "G1", "--jq", `.data.status + " " + .data.level`))
	require.Contains(t, s.do(t, "layercake", "audit", "verify"), "signatures that hold: 3")
	gates, err := os.ReadFile(filepath.Join(s.dir, "docs", "GATES.md"))
	require.NoError(t, err)
	require.Contains(t, string(gates), "signed by: ada@laptop SHA256:")

	// As docs/security.md says that it can be checked without LayerCake.
	s.do(t, "sh", "-c", `layercake signer list --allowed-signers > allowed
layercake log --type GateApproved --jq .data[0].payload.signature.armored > approval.sig
layercake log --type GateApproved --jq '.data[0].payload.signature.statement | @sh "printf %s \(.)"' | sh |
	ssh-keygen -Y verify -n layercake-gate -f allowed -I ada@laptop -s approval.sig`)
}

// TestMachineApproves goes the whole way of a pipeline.
func TestMachineApproves(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	s.before(t)
	key := s.keygen(t, filepath.Join(t.TempDir(), "ci_key"), "")
	shown, code := s.atTerminal(t, []string{"signer", "add", key + ".pub", "--name", "pipeline", "--gate", "G1"}, "Type \"enroll\"", "enroll\n")
	require.Zero(t, code, shown)
	require.NoError(t, os.Remove(key+".pub"), "a pipeline's secret is the private key alone")

	approve := func(environ ...string) (string, error) {
		cmd := s.command(t, "layercake", "gate", "approve", "G1", "--ci", "--json=status,level,decided_by")
		cmd.Env = append(cmd.Env, "LAYERCAKE_SIGNING_KEY="+key)
		cmd.Env = append(cmd.Env, environ...)
		out, err := cmd.CombinedOutput()
		return string(out), err
	}
	out, err := approve("CLAUDECODE=1")
	require.Error(t, err)
	var exit *exec.ExitError
	require.ErrorAs(t, err, &exit)
	require.Equal(t, 4, exit.ExitCode(), out)
	require.Contains(t, out, "agent_detected")
	out, err = approve()
	require.NoError(t, err, out)
	require.Contains(t, out, `"data":{"status":"approved","level":"ci","decided_by":"ci:pipeline"}`)
	require.Contains(t, s.do(t, "layercake", "audit", "verify"), "signatures that hold: 1")
}
