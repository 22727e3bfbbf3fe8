using Kumiki.Making;
using Xunit;

namespace Kumiki.Lifecycle.Tests;

public sealed record TillDay(DateOnly Day, string Shop, string Note, int Guests);

public sealed class Tills : Dataset<TillDay>
{
    public override Source Source => Source.Csv("tills.csv");
}

public sealed class GoodBoard(Tills tills) : Board<TillDay>(tills)
{
    protected override void Show(BoardPlan<TillDay> board) => board.By(r => r.Shop).At(r => r.Day).Sum(r => r.Guests, unit: "guests");
}

public sealed class TimelessBoard(Tills tills) : Board<TillDay>(tills)
{
    protected override void Show(BoardPlan<TillDay> board) => board.By(r => r.Shop).At(r => r.Note).Sum(r => r.Guests);
}

public sealed class WordyBoard(Tills tills) : Board<TillDay>(tills)
{
    protected override void Show(BoardPlan<TillDay> board) => board.By(r => r.Shop).At(r => r.Day).Sum(r => r.Note);
}

public sealed class OneSidedBoard(Tills tills) : Board<TillDay>(tills)
{
    protected override void Show(BoardPlan<TillDay> board) => board.By(r => r.Shop).At(r => r.Day).Sum(r => r.Guests).Accuracy(tills);
}

public sealed class CrookedBoard(Tills tills) : Board<TillDay>(tills)
{
    protected override void Show(BoardPlan<TillDay> board) => board.By(r => r.Shop + r.Note).At(r => r.Day).Sum(r => r.Guests);
}

public sealed class BoardPlanTests
{
    static ProjectGraph Graph(params Type[] boards)
    {
        var project = new Project();
        project.Add<Tills>();
        foreach (var board in boards) project.Add(board);
        return ProjectGraph.Build(project);
    }

    [Fact]
    public void A_board_stands_beside_the_graph_under_its_own_name_and_holds_the_columns_its_class_named()
    {
        var graph = Graph(typeof(GoodBoard));
        var board = Assert.IsType<GoodBoard>(Assert.Single(graph.Views));

        Assert.Equal("good-board", board.Name);
        Assert.Equal(["tills"], graph.Nodes.Select(n => n.Name));
        Assert.Equal("shop day guests guests", $"{string.Join(",", board.Plan.Keys)} {board.Plan.Time} {board.Plan.Value} {board.Plan.Unit}");
        Assert.Empty(graph.Findings);
    }

    [Theory]
    [InlineData(typeof(TimelessBoard), "timeless-board has no date or time to go by (column note, string); name one with At, such as At(r => r.Date).")]
    [InlineData(typeof(WordyBoard), "wordy-board has no number to sum (column note, string); name one with Sum, such as Sum(r => r.Units).")]
    [InlineData(typeof(OneSidedBoard), "one-sided-board has tills but no forecasts; name them with Forecasts.")]
    public void A_fault_of_a_board_is_a_note_in_one_sentence_and_the_project_is_made_all_the_same(Type board, string says)
    {
        var graph = Graph(board, typeof(GoodBoard));

        Assert.Equal((Severity.Note, says), (Assert.Single(graph.Findings).Severity, graph.Findings[0].Says.In("en")));
        Assert.True(graph.IsSound);
        Assert.Equal("good-board", Assert.Single(graph.Views).Name);
    }

    [Fact]
    public void A_key_that_is_no_column_is_noted()
    {
        var note = Assert.Single(Graph(typeof(CrookedBoard)).Findings);

        Assert.Equal("tables.not-a-column", note.Says.Id);
    }
}
