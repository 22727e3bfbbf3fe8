using System.Security.Cryptography;
using Kumiki.Onnx;

namespace Kumiki.Serving;

/// <summary>What sessions were answered, so that equal rows get equal answers for as long as a session lasts, and its last answer is at hand when no model is. Bounded: the session that was quiet longest
/// is forgotten first.</summary>
/// <remarks>In the memory of one server. On several, a session is kept by the release that it began with, which its caller sends back:
/// <see cref="AskedRelease.Session"/>.</remarks>
sealed class Sessions(TimeProvider clock)
{
    /// <summary>How long a session lasts after its last request.</summary>
    public static readonly TimeSpan Lasts = TimeSpan.FromMinutes(30);

    const int MostSessions = 100_000;
    const int MostRows = 1_000;

    readonly Lock gate = new();
    readonly Dictionary<string, LinkedListNode<Session>> all = new(StringComparer.Ordinal);
    readonly LinkedList<Session> byUse = new();

    sealed class Session(string key)
    {
        public string Key => key;
        public long Used { get; set; }
        public Dictionary<UInt128, (int Release, Prediction Answer)> Rows { get; } = [];
        public (long At, Prediction Answer)? Last { get; set; }
    }

    /// <summary>What makes two rows equal: every field that is read.</summary>
    public static UInt128 KeyOf(EndpointRows rows, int row)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        for (var field = 0; field < rows.Schema.Fields.Count; field++)
        {
            if (!rows.Schema.Fields[field].IsRead) continue;
            if (rows.Schema.Fields[field].IsNumeric)
            {
                hash.AppendData(BitConverter.GetBytes(rows.Number(field, row)));
                continue;
            }
            var text = rows.Text(field, row);
            hash.AppendData(BitConverter.GetBytes(rows.IsMissing(field, row) ? -1 : text.Length));
            hash.AppendData(text);
        }
        Span<byte> digest = stackalloc byte[32];
        hash.GetHashAndReset(digest);
        return BitConverter.ToUInt128(digest);
    }

    /// <summary>What a row of a session was answered.</summary>
    /// <param name="release">By this release; null: by any.</param>
    public bool TryRecall(string endpoint, string session, UInt128 row, int? release, out Prediction answer)
    {
        lock (gate)
        {
            answer = default;
            if (Find(endpoint, session) is not { } known || !known.Rows.TryGetValue(row, out var before)) return false;
            if (release is { } only && before.Release != only) return false;
            answer = before.Answer;
            return true;
        }
    }

    /// <summary>What a session was answered last, where that is not older.</summary>
    public Prediction? Last(string endpoint, string session, TimeSpan within)
    {
        lock (gate) return Find(endpoint, session)?.Last is { } last && clock.GetElapsedTime(last.At) <= within ? last.Answer : null;
    }

    public void Remember(string endpoint, string session, UInt128 row, int release, Prediction answer)
    {
        lock (gate)
        {
            var known = Find(endpoint, session);
            if (known is null)
            {
                known = new(Key(endpoint, session)) { Used = clock.GetTimestamp() };
                all[known.Key] = byUse.AddLast(known);
                if (all.Count > MostSessions) Forget(byUse.First!);
            }
            if (known.Rows.Count < MostRows || known.Rows.ContainsKey(row)) known.Rows[row] = (release, answer);
            if (answer.Fallback is null) known.Last = (clock.GetTimestamp(), answer);
        }
    }

    Session? Find(string endpoint, string session)
    {
        while (byUse.First is { } oldest && clock.GetElapsedTime(oldest.Value.Used) > Lasts) Forget(oldest);
        if (!all.TryGetValue(Key(endpoint, session), out var node)) return null;
        node.Value.Used = clock.GetTimestamp();
        byUse.Remove(node);
        byUse.AddLast(node);
        return node.Value;
    }

    void Forget(LinkedListNode<Session> node)
    {
        byUse.Remove(node);
        all.Remove(node.Value.Key);
    }

    static string Key(string endpoint, string session) => $"{endpoint}\n{session}";
}
