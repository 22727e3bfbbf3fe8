using System.Globalization;
using Kumiki.Serving;
using Microsoft.AspNetCore.Http;

namespace Kumiki.Hosting;

/// <summary>What a request may say besides its tensors, by whatever door it came.</summary>
static class RequestParameters
{
    /// <summary>How long the client waits, in milliseconds, as a header.</summary>
    public const string TimeoutHeader = "Kumiki-Timeout-Ms";

    const long LongestUs = 24L * 3600 * 1_000_000;

    /// <param name="us">Microseconds; 0: as long as it takes.</param>
    /// <exception cref="InferenceException">Not from 0 to a day.</exception>
    public static void Timeout(InferenceRequest request, long us)
    {
        if (us is < 0 or > LongestUs) throw InferenceException.Bad(Message.Of("inference.field", ("field", "parameters.timeout"),
            ("wanted", "number of microseconds, at most a day")));
        if (us > 0) request.Timeout = TimeSpan.FromMicroseconds(us);
    }

    /// <param name="level">1, 2 or 3; 0: 2.</param>
    /// <exception cref="InferenceException">Another number.</exception>
    public static void Priority(InferenceRequest request, long level)
    {
        if (level is < 0 or > InferenceRequest.Priorities) throw InferenceException.Bad(Message.Of("inference.field", ("field", "parameters.priority"),
            ("wanted", "number from 0 to 3")));
        request.Priority = level == 0 ? 2 : (int)level;
    }

    /// <exception cref="InferenceException">Neither score nor refuse.</exception>
    public static void Unknown(InferenceRequest request, string what)
    {
        if (what is not ("score" or "refuse")) throw InferenceException.Bad(Message.Of("inference.field", ("field", "parameters.unknown_categories"),
            ("wanted", "\"score\" or \"refuse\"")));
        request.ScoreUnknown = what == "score";
    }

    /// <exception cref="InferenceException">The header is no number of milliseconds.</exception>
    public static void Headers(InferenceRequest request, IHeaderDictionary headers)
    {
        if (headers[TimeoutHeader] is not [{ } text]) return;
        if (!long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var ms) || ms < 1 || ms > LongestUs / 1000)
            throw InferenceException.Bad(Message.Of("inference.header", ("header", TimeoutHeader), ("wanted", "number of milliseconds, at most a day")));
        request.Timeout = TimeSpan.FromMilliseconds(ms);
    }
}
