namespace Kumiki.Releasing.Tests;

/// <summary>Decides from a row of bytes, so that a failing case shrinks with the row; when it is used up, always the first.</summary>
sealed class Choices(byte[] bytes)
{
    int at;

    public bool Left => at < bytes.Length;

    /// <summary>0 to <paramref name="count"/> - 1.</summary>
    public int Of(int count) => at < bytes.Length && count > 1 ? bytes[at++] % count : 0;

    public T Of<T>(IReadOnlyList<T> all) => all[Of(all.Count)];

    /// <summary>True once in <paramref name="times"/>; false when used up.</summary>
    public bool Once(int times) => Of(times) == times - 1;
}
