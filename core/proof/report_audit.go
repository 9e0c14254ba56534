package proof

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
)

// The messages of `govulncheck -format json`: a stream of objects, each with one
// member.
type (
	vulnMessage struct {
		Config  *vulnConfig  `json:"config"`
		OSV     *vulnOSV     `json:"osv"`
		Finding *vulnFinding `json:"finding"`
	}
	vulnConfig struct {
		ProtocolVersion string `json:"protocol_version"`
		ScanLevel       string `json:"scan_level"`
	}
	vulnOSV struct {
		ID      string `json:"id"`
		Summary string `json:"summary"`
	}
	vulnFinding struct {
		OSV          string `json:"osv"`
		FixedVersion string `json:"fixed_version"`
		Trace        []struct {
			Module   string `json:"module"`
			Version  string `json:"version"`
			Package  string `json:"package"`
			Function string `json:"function"`
			Position *struct {
				Filename string `json:"filename"`
				Line     int    `json:"line"`
			} `json:"position"`
		} `json:"trace"`
	}
)

// vuln is one vulnerability with the strongest thing known about it.
type vuln struct {
	severity Severity
	finding  Finding
}

// parseGovulncheck counts each vulnerability once: high if its code is called,
// low if it is only imported, info if it is only in a required module. Where
// the scan did not look at calls, all of them are high.
func parseGovulncheck(r *bufio.Reader, rep *builder) error {
	dec := json.NewDecoder(r)
	rep.Counts = map[Severity]int{}
	summaries, vulns := map[string]string{}, map[string]vuln{}
	var config *vulnConfig
	for {
		var m vulnMessage
		if err := decode(dec, &m); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			return err
		}
		switch {
		case m.Config != nil:
			config = m.Config
		case m.OSV != nil:
			summaries[m.OSV.ID] = rep.text(m.OSV.Summary)
		case m.Finding != nil:
			if config == nil {
				return errors.New("a finding comes before the configuration")
			}
			if err := addVuln(vulns, *m.Finding, config.ScanLevel); err != nil {
				return err
			}
		}
		if err := rep.items(len(summaries) + len(vulns)); err != nil {
			return err
		}
	}
	if config == nil || config.ProtocolVersion == "" {
		return errors.New("it has no configuration message")
	}
	for _, id := range slices.Sorted(maps.Keys(vulns)) {
		v := vulns[id]
		if summary := summaries[id]; summary != "" {
			v.finding.Message = summary + " (" + v.finding.Message + ")"
		}
		v.finding.Severity = v.severity
		rep.find(v.finding)
	}
	return nil
}

func addVuln(vulns map[string]vuln, f vulnFinding, scanLevel string) error {
	if f.OSV == "" || len(f.Trace) == 0 {
		return errors.New("a finding has no vulnerability or no trace")
	}
	at := f.Trace[0]
	v := vuln{severity: SeverityInfo, finding: Finding{Rule: f.OSV, Message: at.Module + "@" + at.Version}}
	switch {
	case at.Function != "" || scanLevel != "symbol":
		v.severity = SeverityHigh
	case at.Package != "":
		v.severity = SeverityLow
	}
	if f.FixedVersion != "" {
		v.finding.Message += ", fixed in " + f.FixedVersion
	}
	// The last frame is the project's own code.
	if own := f.Trace[len(f.Trace)-1]; own.Position != nil {
		v.finding.File, v.finding.Line = own.Position.Filename, own.Position.Line
	}
	order := Severities()
	if known, ok := vulns[f.OSV]; !ok || slices.Index(order, v.severity) < slices.Index(order, known.severity) {
		vulns[f.OSV] = v
	}
	return nil
}

// The parts of `npm audit --json`: version 2 (npm 7 and later) lists
// vulnerabilities by package, version 1 lists advisories.
type (
	npmVulnerability struct {
		Name     string            `json:"name"`
		Severity string            `json:"severity"`
		Range    string            `json:"range"`
		Via      []json.RawMessage `json:"via"`
	}
	npmAdvisory struct {
		Title    string `json:"title"`
		Module   string `json:"module_name"`
		Severity string `json:"severity"`
		URL      string `json:"url"`
	}
	npmMetadata struct {
		Vulnerabilities *map[string]int `json:"vulnerabilities"`
	}
)

// parseNPMAudit reads `npm audit --json`. The counts are npm's own, or what is
// listed if that is more.
func parseNPMAudit(r *bufio.Reader, rep *builder) error {
	dec := json.NewDecoder(r)
	rep.Counts = map[Severity]int{}
	var metadata npmMetadata
	message := ""
	err := members(dec, func(key string) error {
		switch key {
		case "vulnerabilities":
			return members(dec, func(name string) error {
				var v npmVulnerability
				if err := decode(dec, &v); err != nil {
					return err
				}
				rep.find(Finding{Severity: npmSeverity(v.Severity), Rule: first(v.Name, name), Message: npmReason(v)})
				return nil
			})
		case "advisories":
			return members(dec, func(string) error {
				var a npmAdvisory
				if err := decode(dec, &a); err != nil {
					return err
				}
				rep.find(Finding{Severity: npmSeverity(a.Severity), Rule: a.Module, Message: a.Title + " " + a.URL})
				return nil
			})
		case "metadata":
			return decode(dec, &metadata)
		case "error":
			var failure struct {
				Code    string `json:"code"`
				Summary string `json:"summary"`
			}
			if err := decode(dec, &failure); err != nil {
				return err
			}
			return fmt.Errorf("npm could not audit: %s %s", failure.Code, rep.text(first(failure.Summary, message)))
		case "message":
			return decode(dec, &message)
		default:
			return skip(dec)
		}
	})
	if err != nil {
		return err
	}
	if metadata.Vulnerabilities == nil {
		return errors.New("it has no metadata with counts")
	}
	declared := map[Severity]int{}
	for name, n := range *metadata.Vulnerabilities {
		if n < 0 {
			return fmt.Errorf("%d is not a count", n)
		}
		if name != "total" {
			declared[npmSeverity(name)] += n
		}
	}
	for severity, n := range declared {
		rep.Counts[severity] = max(rep.Counts[severity], n)
	}
	return nothingMore(dec)
}

func npmSeverity(s string) Severity {
	switch s {
	case "critical":
		return SeverityCritical
	case "moderate":
		return SeverityMedium
	case "low":
		return SeverityLow
	case "info":
		return SeverityInfo
	default: // "high", and whatever is not known
		return SeverityHigh
	}
}

// npmReason says why a package is vulnerable: an advisory's title, or the
// vulnerable package that it depends on.
func npmReason(v npmVulnerability) string {
	for _, raw := range v.Via {
		var advisory npmAdvisory
		if json.Unmarshal(raw, &advisory) == nil && advisory.Title != "" {
			return advisory.Title + " " + advisory.URL + " (" + v.Range + ")"
		}
	}
	for _, raw := range v.Via {
		var name string
		if json.Unmarshal(raw, &name) == nil {
			return "through " + name
		}
	}
	return v.Range
}
