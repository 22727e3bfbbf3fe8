using System.Buffers;

namespace Kumiki.Statistics;

/// <summary>What a bootstrap draws: rows, rows within strata, or whole clusters of rows. A resample is one byte a row: how often the row was drawn.</summary>
/// <remarks>
/// Counts are multinomial, so that a resample has exactly as many rows (or clusters) as the data; Poisson counts would be cheaper to draw where rows stream
/// past,
/// but add the variance of the sample size, which Efron's intervals do not have. That a row is drawn more than 255 times has a chance below 10⁻⁵⁰⁰.
/// Rows drawn from many are drawn in two steps, a block of 2¹⁶ first and then a row in it, which is the same distribution but stays in the cache.
/// Takes 4 bytes a row for strata or clusters, nothing else.
/// </remarks>
public sealed class Resampling
{
    const int BlockBits = 16;
    const int DrawnAtOnce = 1 << 20;

    readonly int[]? clusters;               // cluster of each row, from 0
    readonly int[]? byStratum;              // row numbers, stratum after stratum
    readonly int[] ends;                    // where each stratum ends; one stratum where rows or clusters are drawn freely

    Resampling(int rows, int[] ends, int[]? byStratum, int[]? clusters) => (Rows, this.ends, this.byStratum, this.clusters) = (rows, ends, byStratum, clusters);

    /// <summary>Draws rows freely.</summary>
    /// <exception cref="ArgumentException">There are no rows.</exception>
    public static Resampling OfRows(int rows)
    {
        Given.AtLeast(rows, 1, nameof(rows));
        return new(rows, [rows], null, null);
    }

    /// <summary>Draws from each stratum as many rows as it has: for classes of a set that was balanced by design.</summary>
    /// <param name="strata">[n] any numbers; equal ones are one stratum.</param>
    /// <exception cref="ArgumentException">There are no rows.</exception>
    public static Resampling Stratified(ReadOnlySpan<int> strata)
    {
        Given.AtLeast(strata.Length, 1, nameof(strata));
        var numbers = Dense(strata, out var count);
        var ends = new int[count];
        foreach (var s in numbers) ends[s]++;
        for (var s = 1; s < count; s++) ends[s] += ends[s - 1];
        var (next, byStratum) = (new int[count], new int[numbers.Length]);
        for (var s = 1; s < count; s++) next[s] = ends[s - 1];
        for (var row = 0; row < numbers.Length; row++) byStratum[next[numbers[row]]++] = row;
        var draws = new Draws(0, -1);
        for (int s = 0, from = 0; s < count; from = ends[s++])
            for (var i = ends[s] - 1; i > from; i--)        // shuffled, so that every hundredth place of a stratum is a random sample of it
            {
                var j = from + draws.Below(i - from + 1);
                (byStratum[i], byStratum[j]) = (byStratum[j], byStratum[i]);
            }
        return new(numbers.Length, ends, byStratum, null);
    }

    /// <summary>Draws whole clusters (all rows of a customer or a week) with replacement, as many as there are: for rows that are alike within them.</summary>
    /// <param name="clusters">[n] any numbers; equal ones are one cluster.</param>
    /// <exception cref="ArgumentException">There are no rows.</exception>
    public static Resampling Clustered(ReadOnlySpan<int> clusters)
    {
        Given.AtLeast(clusters.Length, 1, nameof(clusters));
        var numbers = Dense(clusters, out var count);
        return new(numbers.Length, [count], null, numbers);
    }

    /// <summary>The number of rows.</summary>
    public int Rows { get; }

    /// <summary>What is drawn: rows, or clusters.</summary>
    internal int Units => ends[^1];

    /// <summary>The stratum of the unit at a place.</summary>
    internal int StratumOf(int place)
    {
        var s = Array.BinarySearch(ends, place + 1);
        return s >= 0 ? s : ~s;
    }

    /// <summary>One of <paramref name="groups"/> random groups for the unit at a place; of a stratum each group holds as many units, to one.</summary>
    internal int GroupOf(int place, int groups) => byStratum is not null ? place % groups : (int)(Draws.Mix((ulong)place) % (ulong)groups);

    /// <summary>Fills <paramref name="counts"/> with resample <paramref name="number"/> of a seed.</summary>
    internal void Draw(int seed, int number, Span<byte> counts)
    {
        var draws = new Draws(seed, number);
        if (clusters is not null)
        {
            var rented = ArrayPool<byte>.Shared.Rent(Units);
            var drawn = rented.AsSpan(0, Units);
            drawn.Clear();
            Draw(ref draws, drawn);
            for (var row = 0; row < counts.Length; row++) counts[row] = drawn[clusters[row]];
            ArrayPool<byte>.Shared.Return(rented);
            return;
        }
        counts.Clear();
        if (byStratum is null)
        {
            Draw(ref draws, counts);
            return;
        }
        var from = 0;
        foreach (var end in ends)
        {
            for (var i = from; i < end; i++) counts[byStratum[from + draws.Below(end - from)]]++;
            from = end;
        }
    }

    static void Draw(ref Draws draws, Span<byte> counts)
    {
        if (counts.Length <= DrawnAtOnce)
        {
            for (var i = 0; i < counts.Length; i++) counts[draws.Below(counts.Length)]++;
            return;
        }
        Span<int> blocks = new int[((counts.Length - 1) >> BlockBits) + 1];
        for (var i = 0; i < counts.Length; i++) blocks[draws.Below(counts.Length) >> BlockBits]++;
        for (var b = 0; b < blocks.Length; b++)
        {
            var block = counts[(b << BlockBits)..Math.Min(counts.Length, (b + 1) << BlockBits)];
            for (var i = 0; i < blocks[b]; i++) block[draws.Below(block.Length)]++;
        }
    }

    /// <summary>Fills <paramref name="counts"/> with all rows but those of the units that <paramref name="left"/> names by place.</summary>
    internal void LeaveOut(Func<int, bool> left, Span<byte> counts)
    {
        if (clusters is not null)
            for (var row = 0; row < counts.Length; row++) counts[row] = left(clusters[row]) ? (byte)0 : (byte)1;
        else
            for (var place = 0; place < counts.Length; place++) counts[byStratum is null ? place : byStratum[place]] = left(place) ? (byte)0 : (byte)1;
    }

    static int[] Dense(ReadOnlySpan<int> numbers, out int count)
    {
        var known = new Dictionary<int, int>();
        var dense = new int[numbers.Length];
        for (var i = 0; i < dense.Length; i++)
        {
            if (!known.TryGetValue(numbers[i], out var number)) known.Add(numbers[i], number = known.Count);
            dense[i] = number;
        }
        count = known.Count;
        return dense;
    }
}
