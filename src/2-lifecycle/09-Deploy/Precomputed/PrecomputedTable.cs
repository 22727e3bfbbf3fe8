using System.Numerics;
using Kumiki.Tables;

namespace Kumiki.Serving;

/// <summary>The rows of one version, in memory, found by their keys; never changed once it is there, so any number of threads may ask it.</summary>
/// <remarks>Columns as narrow as their types, and a table of row numbers with open addressing, at most half full: some 8 bytes a row beside the values. Finding
/// a row allocates nothing.</remarks>
sealed class PrecomputedTable
{
    readonly PrecomputedColumn[] columns, keys;
    readonly int[] slots;       // row + 1; 0 is free

    PrecomputedTable(
        VersionName version, DateTimeOffset madeAt, PrecomputedColumn[] columns, PrecomputedColumn[] keys, IReadOnlySet<string> personal, int rows)
    {
        (Version, MadeAt, this.columns, this.keys, Rows) = (version, madeAt, columns, keys, rows);
        Shown = [.. columns.Where(c => !personal.Contains(c.Name))];
        slots = new int[(int)BitOperations.RoundUpToPowerOf2((uint)Math.Max(2, 2 * rows))];
    }

    public VersionName Version { get; }

    /// <summary>When the rows were made.</summary>
    public DateTimeOffset MadeAt { get; }

    public int Rows { get; }

    public IReadOnlyList<PrecomputedColumn> Columns => columns;

    /// <summary>The columns that may be told: those that tell of no person.</summary>
    public IReadOnlyList<PrecomputedColumn> Shown { get; }

    /// <summary>A column by its name.</summary>
    /// <exception cref="KumikiException">There is none such.</exception>
    public PrecomputedColumn Column(string name)
    {
        foreach (var column in columns)
            if (column.Name == name) return column;
        throw new KumikiException(Message.Of("tables.no-column", ("record", Version), ("column", name),
            ("columns", string.Join(", ", columns.Select(c => c.Name)))));
    }

    /// <summary>The columns by which rows are found, in the order in which they are asked for.</summary>
    public IReadOnlyList<PrecomputedColumn> Keys => keys;

    /// <summary>About what it takes.</summary>
    public long Bytes => (4L * slots.Length) + columns.Sum(c => c.Bytes + (Rows / 8));

    /// <summary>The most rows a table in memory has.</summary>
    public const int MostRows = 1 << 29;

    /// <summary>Reads rows of Parquet files.</summary>
    /// <param name="keys">Names of columns; no two rows are alike in all of them, and none is missing.</param>
    /// <param name="personal">Columns that are never told; a key may be one.</param>
    /// <exception cref="KumikiException">There is no such column, it is of a type that is no key, a key is missing or twice, or there are too many
    /// rows.</exception>
    public static PrecomputedTable Read(
        TableEngine engine, VersionName version, DateTimeOffset madeAt, IReadOnlyList<string> files, IReadOnlyList<string> keys,
        IReadOnlySet<string> personal, CancellationToken stop)
    {
        var all = TableReader.Count(engine, files, stop);
        if (all > MostRows) throw new KumikiException(Message.Of("precomputed.rows", ("version", version), ("rows", all), ("most", MostRows)));
        var rows = (int)all;
        using var reader = new TableReader(engine, files, cancellation: stop);
        var columns = reader.Columns.Select(c => PrecomputedColumn.Of(c, rows, version)).ToArray();
        PrecomputedColumn[] found = [.. keys.Select(k => columns[reader.IndexOf(k)])];
        if (found.FirstOrDefault(k => !k.CanBeKey) is { } odd)
            throw new KumikiException(Message.Of("precomputed.key-type", ("version", version), ("column", odd.Name)));
        for (var at = 0; reader.Next(); at += reader.Batch.Rows)
        {
            stop.ThrowIfCancellationRequested();
            for (var column = 0; column < columns.Length; column++) columns[column].Add(reader.Batch, column, at);
        }
        var table = new PrecomputedTable(version, madeAt, columns, found, personal, rows);
        table.Index();
        return table;
    }

    void Index()
    {
        Span<long> key = stackalloc long[keys.Length];
        for (var row = 0; row < Rows; row++)
        {
            for (var i = 0; i < keys.Length; i++)
            {
                if (keys[i].IsMissing(row))
                    throw new KumikiException(Message.Of("precomputed.key-missing", ("version", Version), ("column", keys[i].Name), ("row", row + 1)));
                key[i] = keys[i].KeyOf(row);
            }
            var slot = SlotOf(key);
            if (slots[slot] is not 0 and var other)
                throw new KumikiException(Message.Of("precomputed.key-twice", ("version", Version), ("columns", string.Join(", ", keys.Select(k => k.Name))),
                    ("row", row + 1), ("other", other)));
            slots[slot] = row + 1;
        }
    }

    /// <summary>Where the row of a key is, or belongs.</summary>
    int SlotOf(ReadOnlySpan<long> key)
    {
        var hash = 0UL;
        foreach (var part in key) hash = Mixed(hash ^ (ulong)part);
        var slot = (int)(hash & (ulong)(slots.Length - 1));
        while (slots[slot] is not 0 and var row && !Has(row - 1, key)) slot = (slot + 1) & (slots.Length - 1);
        return slot;
    }

    // The finalizer of splitmix64 (Steele, Lea and Flood 2014): every bit of the key reaches every bit of the slot.
    static ulong Mixed(ulong z)
    {
        z += 0x9E3779B97F4A7C15;
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
        return z ^ (z >> 31);
    }

    bool Has(int row, ReadOnlySpan<long> key)
    {
        for (var i = 0; i < key.Length; i++)
            if (keys[i].KeyOf(row) != key[i]) return false;
        return true;
    }

    /// <summary>The row of a key.</summary>
    /// <param name="asked">[<see cref="Keys"/>] the values as texts: whole numbers in digits, dates as 2024-01-31, true or false.</param>
    /// <returns>Its number from 0; −1 where there is none.</returns>
    /// <exception cref="KumikiException">A text is no value of its column's type; the sentence names the column.</exception>
    public int Find(ReadOnlySpan<string> asked)
    {
        Span<long> key = stackalloc long[keys.Length];
        var isThere = true;
        for (var i = 0; i < keys.Length; i++)
        {
            var part = keys[i].KeyOf(asked[i], out var isOfType);
            if (!isOfType)
                throw new KumikiException(Message.Of("precomputed.key-value", ("column", keys[i].Name),
                    ("value", asked[i].Length <= 80 ? asked[i] : asked[i][..80] + "…")));
            key[i] = part ?? 0;
            isThere &= part is not null;
        }
        return isThere ? slots[SlotOf(key)] - 1 : -1;
    }
}
