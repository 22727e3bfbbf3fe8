namespace Kumiki.Store.Tests;

/// <summary>One thing that was asked, from when to when.</summary>
/// <param name="Answered">When the answer came; null where it never did: then it took effect at some time after it was asked, or not at all.</param>
/// <param name="Step">From a state to the state after it; null where this answer is impossible in that state.</param>
sealed record Operation<TState>(string Says, long Asked, long? Answered, Func<TState, TState?> Step) where TState : class;

/// <summary>Whether a history could have come from one copy that does one thing after another, each at some instant between its asking and its
/// answer.</summary>
/// <remarks>Search over the orders that respect real time, remembering dead ends. Wing and Gong 1993, "Testing and verifying concurrent objects"; the memory is
/// Lowe's (2017, "Testing for linearizability").</remarks>
static class Linearizability
{
    /// <returns>Null when there is an order; else the operations that could not be placed after the longest one found.</returns>
    public static IReadOnlyList<Operation<TState>>? Fault<TState>(TState start, IReadOnlyList<Operation<TState>> history) where TState : class
    {
        var all = history.OrderBy(o => o.Asked).ToList();
        var seen = new HashSet<(string Placed, TState State)>();
        var placed = new bool[all.Count];
        List<Operation<TState>>? left = null;
        return Search(start, 0) ? null : left;

        bool Search(TState state, int from)
        {
            while (from < all.Count && placed[from]) from++;
            if (all.Where((o, i) => !placed[i] && o.Answered is not null).FirstOrDefault() is null) return true;
            if (!seen.Add((string.Concat(placed.Skip(from).Select(p => p ? '1' : '0').Prepend((char)('A' + from))), state))) return false;

            // Whatever comes next was asked before the first answer among those that are left.
            var first = long.MaxValue;
            for (var i = from; i < all.Count; i++)
                if (!placed[i] && all[i].Answered is { } answered) first = Math.Min(first, answered);
            for (var i = from; i < all.Count && all[i].Asked < first; i++)
            {
                if (placed[i] || all[i].Step(state) is not { } next) continue;
                placed[i] = true;
                if (Search(next, from)) return true;
                placed[i] = false;
            }
            var unplaced = all.Where((_, i) => !placed[i]).ToList();
            if (left is null || unplaced.Count < left.Count) left = unplaced;
            return false;
        }
    }
}
