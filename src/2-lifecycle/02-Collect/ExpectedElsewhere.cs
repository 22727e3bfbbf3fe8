namespace Kumiki;

/// <summary>What must hold between a dataset and others it asks for.</summary>
public static class ExpectedElsewhere
{
    /// <summary>Every key is there in another dataset, which the dataset asks for in its constructor: <c>rows.ExistsIn(s => s.Store, stores, t => t.Name)</c>.</summary>
    /// <param name="key">A column, or a tuple of columns.</param>
    /// <exception cref="KumikiException">Something in a key is not a column as it is.</exception>
    public static Expectations<TRow> ExistsIn<TRow, TOther, TKey>(this Expectations<TRow> rows, Func<TRow, TKey> key, Dataset<TOther> among, Func<TOther, TKey> otherKey) =>
        rows.ExistsIn(key, among.Name, otherKey);
}
