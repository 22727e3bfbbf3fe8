using System.Text.Json;

namespace Kumiki.Packages;

/// <summary>Rows that were made up, and the exact answers to them where the package was made; the file <c>golden.json</c>.</summary>
sealed record GoldenRows(IReadOnlyList<GoldenRow> Rows);

/// <param name="Input">A row as it is asked.</param>
/// <param name="Scores">[outputs] the eight hexadecimal digits of each score's bits.</param>
/// <param name="Decision">Null where the endpoint only scores.</param>
sealed record GoldenRow(JsonElement Input, IReadOnlyList<string> Scores, string? Decision);
