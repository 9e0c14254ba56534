package analysis

import (
	"path"
	"slices"
	"strings"
)

// The areas of a project.
const (
	AreaRequirements   = "requirements"
	AreaArchitecture   = "architecture"
	AreaSpecifications = "specifications"
	AreaDesign         = "design"
	AreaCode           = "code"
	AreaTests          = "tests"
	AreaCI             = "ci"
	AreaSecurity       = "security"
	AreaDeployment     = "deployment"
	AreaDocumentation  = "documentation"
	AreaLicence        = "licence"
)

// complete is the most that an area can reach.
const complete = 100

// check is one thing that an area should have.
type check struct {
	what string
	// points count towards the area's 100.
	points int
	// found are the files that show it.
	found []string
}

// score turns checks into an area.
func score(name string, checks ...check) Area {
	a := Area{Name: name, Found: []Finding{}}
	for _, c := range checks {
		if len(c.found) == 0 {
			a.Missing = append(a.Missing, c.what)
			continue
		}
		a.Completeness += c.points
		a.Found = append(a.Found, Finding{What: c.what, Evidence: clipEvidence(c.found)})
	}
	a.Completeness = min(a.Completeness, complete)
	return a
}

// areas judges every area by fixed points, so that two looks at the same files
// agree, and that everybody can see where a figure comes from.
func (s *survey) areas() []Area {
	return []Area{
		score(
			AreaRequirements,
			check{"product requirements", 60, s.document("prd", "product-requirements", "product_requirements", "requirements")},
			check{"user stories", 20, s.document("user-stories", "user_stories", "stories", "backlog")},
			check{"README", 20, s.readme()},
		),
		score(
			AreaArchitecture,
			check{"architecture document", 60, s.document("architecture", "arch", "design-doc", "technical-design", "system-design")},
			check{"architecture decision records", 40, s.inFolder("adr", "adrs", "decisions")},
		),
		score(AreaSpecifications, check{"machine-readable specification", complete, s.specifications()}),
		score(
			AreaDesign,
			check{"design system", 50, append(
				s.document("design-system", "design_system", "styleguide", "style-guide"),
				s.inFolder(".storybook", "design-system", "tokens")...,
			)},
			check{"mockups or wireframes", 50, s.inFolder("mockups", "wireframes", "designs", "mocks-ui")},
		),
		score(
			AreaCode,
			check{"source code", 70, s.find(maxEvidence, func(f file) bool { return isProgram(f) && testKind(f) == "" })},
			check{"build manifest", 30, s.find(maxEvidence, func(f file) bool { build, _ := manifestKind(f); return build != "" })},
		),
		s.testArea(),
		score(AreaCI, check{"continuous integration", complete, s.pipelines()}),
		score(
			AreaSecurity,
			check{"security policy", 30, s.named("security.md", "security.txt")},
			check{"automatic updates of dependencies", 25, s.find(maxEvidence, isUpdater)},
			check{"locked dependencies", 20, s.lockfiles()},
			check{"security scanner", 25, s.scanners()},
		),
		score(
			AreaDeployment,
			check{"container image", 40, s.find(maxEvidence, func(f file) bool { return infrastructureOf(f) == "Docker" })},
			check{"deployment configuration", 40, s.find(maxEvidence, func(f file) bool { i := infrastructureOf(f); return i != "" && i != "Docker" })},
			check{"deployment guide", 20, s.document("deployment", "deploy", "deploying", "runbook", "operations")},
		),
		score(
			AreaDocumentation,
			check{"README", 50, s.readme()},
			check{"documentation folder", 30, s.find(maxEvidence, func(f file) bool { return strings.HasPrefix(strings.ToLower(f.path), "docs/") && isProse(f) })},
			check{"change log", 10, s.document("changelog", "changes", "history", "news")},
			check{"contribution guide", 10, s.document("contributing")},
		),
		score(AreaLicence, check{"licence", complete, s.licence()}),
	}
}

// testArea judges tests by how many test files there are per source file and
// by their kinds.
func (s *survey) testArea() Area {
	tests := map[string][]string{}
	var sources, all int
	for _, f := range s.files {
		switch kind := testKind(f); {
		case kind != "":
			tests[kind] = append(tests[kind], f.path)
			all++
		case isProgram(f):
			sources++
		}
	}
	// One test file for three source files is what projects that are tested
	// throughout reach; less counts in proportion.
	const fullRatio, ratioPoints = 3, 60
	a := score(
		AreaTests,
		check{"unit tests", 0, tests["unit"]},
		check{"integration tests", 15, tests["integration"]},
		check{"end-to-end tests", 10, tests["e2e"]},
		check{"coverage configuration", 15, s.coverageConfig()},
	)
	if all > 0 {
		a.Completeness = min(complete, a.Completeness+min(ratioPoints, ratioPoints*fullRatio*all/max(sources, 1)))
	}
	return a
}

// isProse reports whether a file is a text document.
func isProse(f file) bool {
	switch path.Ext(f.base()) {
	case ".md", ".mdx", ".rst", ".adoc", ".txt":
		return true
	default:
		return false
	}
}

// document lists text documents with one of the names, in the root or in a
// folder of documents.
func (s *survey) document(names ...string) []string {
	return s.find(maxEvidence, func(f file) bool {
		base := f.base()
		stem := strings.TrimSuffix(base, path.Ext(base))
		return (isProse(f) || path.Ext(base) == "") && isDocumentPlace(f.dir()) && slices.Contains(names, stem)
	})
}

// isDocumentPlace reports whether documents about the whole project lie in a
// folder.
func isDocumentPlace(dir string) bool {
	first, _, _ := strings.Cut(strings.ToLower(dir), "/")
	switch first {
	case ".", "docs", "doc", "documentation", ".github", "design", "specs", "spec", "product", "planning":
		return true
	default:
		return false
	}
}

// readme lists the root's README.
func (s *survey) readme() []string {
	return s.find(1, func(f file) bool {
		return f.dir() == "." && (f.base() == "readme" || strings.HasPrefix(f.base(), "readme.")) && f.size > 0
	})
}

// licence lists the root's licence.
func (s *survey) licence() []string {
	return s.find(1, func(f file) bool {
		stem, _, _ := strings.Cut(f.base(), ".")
		return f.dir() == "." && slices.Contains([]string{"license", "licence", "copying", "unlicense", "license-mit", "license-apache"}, stem)
	})
}

// inFolder lists files within folders of the given names.
func (s *survey) inFolder(names ...string) []string {
	return s.find(maxEvidence, func(f file) bool {
		for part := range strings.SplitSeq(strings.ToLower(f.dir()), "/") {
			if slices.Contains(names, part) {
				return !isProgram(f) || strings.HasPrefix(part, ".")
			}
		}
		return false
	})
}

// specifications lists descriptions of interfaces and data that programs read.
func (s *survey) specifications() []string {
	return s.find(maxEvidence, func(f file) bool {
		base := f.base()
		switch path.Ext(base) {
		case ".proto", ".graphql", ".graphqls", ".prisma", ".avsc", ".raml", ".wsdl":
			return true
		case ".json", ".yaml", ".yml":
			return containsAny(base, "openapi", "swagger", "asyncapi") || strings.HasSuffix(base, ".schema.json")
		default:
			return false
		}
	})
}

// pipelines lists the configurations of continuous integration.
func (s *survey) pipelines() []string {
	return s.find(maxEvidence, func(f file) bool {
		p := strings.ToLower(f.path)
		switch {
		case strings.HasPrefix(p, ".github/workflows/") && isYAML(p):
			return true
		case strings.HasPrefix(p, ".circleci/"), strings.HasPrefix(p, ".buildkite/"),
			strings.HasPrefix(p, ".woodpecker/"), strings.HasPrefix(p, ".forgejo/workflows/"):
			return true
		default:
			return slices.Contains([]string{
				".gitlab-ci.yml", "jenkinsfile", "azure-pipelines.yml", ".travis.yml", "bitbucket-pipelines.yml",
				".drone.yml", ".woodpecker.yml", "appveyor.yml", ".cirrus.yml", "cloudbuild.yaml",
			}, p)
		}
	})
}

// isUpdater reports whether a file configures automatic updates.
func isUpdater(f file) bool {
	return slices.Contains([]string{"dependabot.yml", "dependabot.yaml", "renovate.json", "renovate.json5", ".renovaterc", ".renovaterc.json"}, f.base())
}

// lockfiles lists the files that fix the versions of dependencies.
func (s *survey) lockfiles() []string {
	return s.named(
		"go.sum", "package-lock.json", "pnpm-lock.yaml", "yarn.lock", "bun.lock", "bun.lockb", "poetry.lock", "uv.lock",
		"pdm.lock", "pipfile.lock", "cargo.lock", "gradle.lockfile", "gemfile.lock", "composer.lock", "packages.lock.json", "mix.lock",
	)
}

// scanners lists configurations of security scanners, and pipelines that run
// one.
func (s *survey) scanners() []string {
	config := s.find(maxEvidence, func(f file) bool {
		return slices.Contains([]string{
			".semgrep.yml", ".semgrep.yaml", ".trivyignore", "trivy.yaml", ".gitleaks.toml", ".snyk",
			"osv-scanner.toml", "deny.toml", ".bandit", "sonar-project.properties",
		}, f.base())
	})
	return append(config, s.mentioning(
		s.pipelines(), "codeql", "govulncheck", "trivy", "semgrep", "gitleaks", "snyk", "osv-scanner",
		"npm audit", "cargo audit", "pip-audit", "gosec", "bandit",
	)...)
}

// coverageConfig lists configurations of coverage, and pipelines that measure
// it.
func (s *survey) coverageConfig() []string {
	config := s.named("codecov.yml", ".codecov.yml", ".coveragerc", ".nycrc", ".nycrc.json", "tarpaulin.toml", ".coveralls.yml")
	return append(config, s.mentioning(append(s.pipelines(), s.named("makefile")...), "coverprofile", "--cov", "--coverage", "codecov", "llvm-cov", "jacoco")...)
}

// mentioning lists those of the files whose text contains one of the words.
func (s *survey) mentioning(paths []string, words ...string) []string {
	var out []string
	for _, p := range paths {
		if containsAny(strings.ToLower(s.read(p)), words...) {
			out = append(out, p)
		}
	}
	return out
}
