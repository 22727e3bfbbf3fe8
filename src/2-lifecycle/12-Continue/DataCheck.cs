using System.Globalization;

namespace Kumiki.Continuing;

/// <summary>Whether the data that came may be trained on: from versions to findings.</summary>
static class DataCheck
{
    /// <param name="data">The versions of the datasets that were loaded.</param>
    /// <param name="mostRejected">The largest share of rows that may be rejected.</param>
    /// <param name="news">The datasets that must hold something new; empty where nobody asks for that.</param>
    /// <param name="known">The versions that were worked on before.</param>
    public static IReadOnlyList<Finding> Of(string schedule, IReadOnlyCollection<VersionRecord> data, double mostRejected, IReadOnlyCollection<string> news,
        Func<VersionName, bool> known)
    {
        var findings = new List<Finding>();
        foreach (var version in data)
        {
            foreach (var check in version.Checks.Where(c => !c.Held && c.Kind == CheckKind.Expectation))
                Refuse("expectation", Message.Of("schedule.expectation", ("version", version.Name), ("says", check.Says)));
            if (!version.Metrics.TryGetValue("rows.rejected", out var rejected) || rejected == 0) continue;
            var rows = version.Metrics["rows"] + rejected;
            if (rejected > mostRejected * rows)
                Refuse("rejected", Message.Of("schedule.rejected", ("version", version.Name), ("rejected", rejected), ("rows", rows),
                    ("share", Share(rejected / rows)), ("most", Share(mostRejected))));
        }
        foreach (var version in data.Where(v => news.Contains(v.Asset) && known(v.Name)))
            Refuse("news", Message.Of("schedule.not-newer", ("asset", version.Asset), ("version", version.Name),
                ("at", version.MadeAt.ToUniversalTime().ToString("yyyy-MM-dd HH:mm 'UTC'", CultureInfo.InvariantCulture)), ("schedule", schedule)));
        return findings;

        void Refuse(string rule, Message says) => findings.Add(new(rule, Severity.Refusal, says, []));
    }

    static string Share(double share) => share.ToString("0.##%", CultureInfo.InvariantCulture);
}
