package proof

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// sarifKey is all that decides about the severity of a result.
type sarifKey struct {
	id               string
	index, extension int // -1 if not given
	level, own       string
}

// sarifRun collects one run until its rules are known.
type sarifRun struct {
	rep     *builder
	tool    sarifTool
	hasTool bool
	listed  bool // it has a list of results
	counts  map[sarifKey]int
	kept    []sarifKept
}

type sarifKept struct {
	key     sarifKey
	finding Finding
}

func parseSARIF(r *bufio.Reader, rep *builder) error {
	dec := json.NewDecoder(r)
	rep.Counts = map[Severity]int{}
	version, runs, hasRuns := "", 0, false
	var unlisted []string
	err := members(dec, func(key string) error {
		switch key {
		case "version":
			return decode(dec, &version)
		case "runs":
			hasRuns = true
			isNull, err := elements(dec, func() error {
				runs++
				name, err := parseSARIFRun(dec, rep)
				if name != "" {
					unlisted = append(unlisted, name)
				}
				return err
			})
			if isNull {
				return errors.New("null is not a list of runs")
			}
			return err
		default:
			return skip(dec)
		}
	})
	if err == nil {
		err = nothingMore(dec)
	}
	switch {
	case err != nil:
		return err
	case version != "2.1.0":
		return fmt.Errorf("its version is %q, not 2.1.0", version)
	case !hasRuns:
		return errors.New("it has no runs")
	case runs == 0:
		rep.Result, rep.Summary = ResultWarning, "nothing was scanned: there are no runs"
	case len(unlisted) > 0:
		rep.Result = ResultWarning
		rep.Summary = "no results were given by " + rep.text(strings.Join(unlisted, ", "))
	}
	return nil
}

// parseSARIFRun reads a run and adds its results to the report. It returns the
// tool's name if the run has no list of results: then the scan did not happen.
func parseSARIFRun(dec *json.Decoder, rep *builder) (unlisted string, err error) {
	run := &sarifRun{rep: rep, counts: map[sarifKey]int{}}
	err = members(dec, func(key string) error {
		switch key {
		case "tool":
			run.hasTool = true
			return decode(dec, &run.tool)
		case "invocations":
			_, err := elements(dec, func() error {
				var inv sarifInvocation
				if err := decode(dec, &inv); err != nil {
					return err
				}
				if inv.ExecutionSuccessful != nil && !*inv.ExecutionSuccessful {
					rep.Broken = true
					rep.failure("the scanner says that it did not succeed")
				}
				return nil
			})
			return err
		case "results":
			isNull, err := elements(dec, func() error {
				var result sarifResult
				if err := decode(dec, &result); err != nil {
					return err
				}
				return run.add(result)
			})
			run.listed = !isNull
			return err
		default:
			return skip(dec)
		}
	})
	if err != nil {
		return "", err
	}
	if !run.hasTool || run.tool.Driver.Name == "" {
		return "", errors.New("a run does not name its tool")
	}
	run.resolve()
	if !run.listed {
		return run.tool.Driver.Name, nil
	}
	return "", nil
}

// add takes a result unless it is one that does not count: suppressed, gone
// since the baseline, or not a failure.
func (r *sarifRun) add(result sarifResult) error {
	if result.BaselineState == "absent" {
		return nil
	}
	for _, s := range result.Suppressions {
		if s.Status == "" || s.Status == "accepted" {
			return nil
		}
	}
	key := sarifKey{
		id: first(result.RuleID, result.Rule.ID), index: -1, extension: -1, level: result.Level,
		own: rawText(result.Properties.SecuritySeverity),
	}
	for _, index := range []*int{result.RuleIndex, result.Rule.Index} {
		if index != nil && *index >= 0 {
			key.index = *index
		}
	}
	if c := result.Rule.ToolComponent; c != nil && c.Index != nil {
		key.extension = *c.Index
	}
	if result.Kind != "" && result.Kind != "fail" {
		key.level, key.own, key.index = "none", "", -1
		key.id = "" // whatever the rule says, it is no failure
	}
	r.counts[key]++
	if len(r.kept)+len(r.rep.Findings) < r.rep.limits.MaxFindings {
		f := Finding{Rule: first(result.RuleID, result.Rule.ID), Message: first(result.Message.Text, result.Message.Markdown, result.Message.ID)}
		if len(result.Locations) > 0 {
			at := result.Locations[0].PhysicalLocation
			f.File, f.Line = at.ArtifactLocation.URI, at.Region.StartLine
		}
		f.Rule, f.File, f.Message = r.rep.text(f.Rule), r.rep.text(f.File), r.rep.text(f.Message)
		r.kept = append(r.kept, sarifKept{key: key, finding: f})
	}
	return r.rep.items(len(r.counts))
}

func first(texts ...string) string {
	for _, s := range texts {
		if s != "" {
			return s
		}
	}
	return ""
}

// rawText returns a JSON string or number as text.
func rawText(raw json.RawMessage) string { return strings.Trim(string(raw), `"`) }

// resolve counts the results, now that the rules are known.
func (r *sarifRun) resolve() {
	byID := map[string]sarifRule{}
	for _, c := range append([]sarifComponent{r.tool.Driver}, r.tool.Extensions...) {
		for _, rule := range c.Rules {
			if _, seen := byID[rule.ID]; !seen {
				byID[rule.ID] = rule
			}
		}
	}
	severities := make(map[sarifKey]Severity, len(r.counts))
	for key, n := range r.counts {
		severities[key] = r.severity(key, byID)
		r.rep.Counts[severities[key]] += n
	}
	for _, k := range r.kept {
		k.finding.Severity = severities[k.key]
		if k.finding.Rule == "" {
			k.finding.Rule = r.rep.text(r.rule(k.key, byID).ID)
		}
		r.rep.Findings = append(r.rep.Findings, k.finding)
	}
}

// rule finds the rule of a result: by its index in the component meant, or by
// its id, where "a/b" is a part of rule "a".
func (r *sarifRun) rule(key sarifKey, byID map[string]sarifRule) sarifRule {
	rules := r.tool.Driver.Rules
	if key.extension >= 0 {
		rules = nil
		if key.extension < len(r.tool.Extensions) {
			rules = r.tool.Extensions[key.extension].Rules
		}
	}
	if key.index >= 0 && key.index < len(rules) {
		return rules[key.index]
	}
	for id := key.id; id != ""; {
		if rule, ok := byID[id]; ok {
			return rule
		}
		var found bool
		if id, found = parentOf(id); !found {
			break
		}
	}
	return sarifRule{}
}

// severity follows the scale that code scanning services use: a rule's
// security-severity is a CVSS score; without one the level decides.
func (r *sarifRun) severity(key sarifKey, byID map[string]sarifRule) Severity {
	rule := r.rule(key, byID)
	level := first(key.level, rule.DefaultConfiguration.Level, "warning")
	if key.level != "none" {
		score, err := strconv.ParseFloat(first(key.own, rawText(rule.Properties.SecuritySeverity)), 64)
		if err == nil && score > 0 {
			return scoreSeverity(score)
		}
	}
	switch level {
	case "none":
		return SeverityInfo
	case "note":
		return SeverityLow
	case "warning":
		return SeverityMedium
	default: // "error", and whatever is not known
		return SeverityHigh
	}
}

func scoreSeverity(score float64) Severity {
	const critical, high, medium = 9.0, 7.0, 4.0
	switch {
	case score >= critical:
		return SeverityCritical
	case score >= high:
		return SeverityHigh
	case score >= medium:
		return SeverityMedium
	default:
		return SeverityLow
	}
}
