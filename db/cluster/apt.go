package cluster

import (
	"context"
	"fmt"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
)

const (
	aptGet   = "apt-get"
	aptCache = "apt-cache"

	// lockTimeout is how many seconds apt waits for another apt or dpkg.
	lockTimeout = 300
)

// aptCommand is an apt-get that asks nothing, waits for its lock and adds
// nothing that is not needed.
func aptCommand(args ...string) []string {
	return append([]string{
		"env", "DEBIAN_FRONTEND=noninteractive", "NEEDRESTART_SUSPEND=1",
		aptGet, "-q", "-y", "-o", fmt.Sprintf("DPkg::Lock::Timeout=%d", lockTimeout),
		"-o", "Dpkg::Use-Pty=0", "-o", "Dpkg::Options::=--force-confold",
	}, args...)
}

func aptUpdate() []string { return aptCommand("update") }

// planApt decides on one major version and stays with it: the installed one,
// or the distribution's.
func (s *system) planApt(ctx context.Context, target Binaries) (installPlan, error) {
	var plan installPlan
	var packages []string
	major, installServer := target.Major, !strings.HasPrefix(target.Dir, debianServers)
	if installServer {
		version, err := s.candidateOrUpdate(ctx, "postgresql")
		if err != nil {
			return plan, err
		}
		major = leadingNumber(version) // of a version such as 15+248+deb12u1
		if major < MinMajor {
			return plan, failure(CodeInstallFailed,
				"add the PostgreSQL project's own apt repository (PGDG) and run 'layercake setup' again, or set "+envURL,
				"this distribution has PostgreSQL %d only", major)
		}
		packages = append(packages, "postgresql-"+strconv.Itoa(major))
	}
	vector := "postgresql-" + strconv.Itoa(major) + "-pgvector"
	version := s.candidate(ctx, vector)
	fromSource := version == "" || compareVersions(version, MinVector) < 0
	if fromSource {
		packages = append(packages, s.missingBuildTools()...)
	} else {
		packages = append(packages, vector)
	}
	if installServer {
		plan.steps = append(plan.steps, keepClusterAway())
		plan.undo = append(plan.undo, allowClusters())
	}
	if len(packages) > 0 {
		plan.steps = append(plan.steps, installStep{
			what:   "install " + strings.Join(packages, " "),
			argv:   aptCommand(append([]string{"install", "--no-install-recommends"}, packages...)...),
			root:   true,
			repair: aptUpdate(),
		})
	}
	if fromSource {
		build, err := s.planVectorBuild(major)
		switch {
		case err == nil:
			plan.steps = append(plan.steps, build)
		case !installServer:
			return plan, err
		default:
			// A server alone is of use; what is missing is said at the end.
		}
	}
	return plan, nil
}

// missingBuildTools are the packages that a C compiler needs.
func (s *system) missingBuildTools() []string {
	var names []string
	for _, tool := range []string{"make", "gcc"} {
		if !s.has(tool) {
			names = append(names, tool)
		}
	}
	if _, err := s.readFile("/usr/include/stdio.h"); err != nil {
		names = append(names, "libc6-dev")
	}
	return names
}

//nolint:gochecknoglobals // compiled when it is first used; starting takes no longer for it
var candidatePattern = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`(?m)^\s*Candidate: (\S+)`)
})

// candidate is the version that apt would install, or empty.
func (s *system) candidate(ctx context.Context, name string) string {
	out, err := s.ask(ctx, aptCache, "policy", name)
	if err != nil {
		return "" // apt says so about names it has never heard
	}
	match := candidatePattern().FindStringSubmatch(out)
	if len(match) == 0 || match[1] == "(none)" {
		return ""
	}
	return match[1]
}

// candidateOrUpdate fetches the package lists when there are none, as in a
// fresh container.
func (s *system) candidateOrUpdate(ctx context.Context, name string) (string, error) {
	if version := s.candidate(ctx, name); version != "" {
		return version, nil
	}
	update := installStep{what: "fetch the package lists", argv: aptUpdate(), root: true}
	if err := s.run(ctx, update); err != nil {
		return "", err
	}
	version := s.candidate(ctx, name)
	if version == "" {
		return "", failure(CodeInstallFailed, manualHint, "apt knows no package %s", name)
	}
	return version, nil
}

func leadingNumber(text string) int {
	digits := strings.TrimLeft(text, "0123456789")
	number, err := strconv.Atoi(strings.TrimSuffix(text, digits))
	if err != nil {
		return 0
	}
	return number
}

// clusterSwitch tells Debian's maintainer scripts to create no cluster of
// their own. It is a file of ours in a directory made for such files; the
// administrator's createcluster.conf is left alone.
const clusterSwitch = "/etc/postgresql-common/createcluster.d/layercake-setup.conf"

func keepClusterAway() installStep {
	dir := filepath.Dir(clusterSwitch)
	return installStep{
		what: "keep the package from starting a server of its own",
		argv: []string{"sh", "-c", "mkdir -p " + dir + " && echo 'create_main_cluster = false' > " + clusterSwitch},
		root: true,
	}
}

func allowClusters() installStep {
	dir := filepath.Dir(clusterSwitch)
	return installStep{
		what: "remove " + clusterSwitch,
		argv: []string{"sh", "-c", "rm -f " + clusterSwitch + " && { rmdir " + dir + " " + filepath.Dir(dir) + " 2>/dev/null || true; }"},
		root: true,
	}
}
