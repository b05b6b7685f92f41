"""Opens exported folders with VTK, as ParaView does, and prints a JSON object of what it finds in each, a line a folder."""

import json
import sys
import xml.etree.ElementTree as ET

import numpy as np
from vtkmodules.util.numpy_support import vtk_to_numpy
from vtkmodules.vtkFiltersCore import vtkCellCenters
from vtkmodules.vtkFiltersVerdict import vtkCellSizeFilter
from vtkmodules.vtkIOXML import vtkXMLPolyDataReader, vtkXMLRectilinearGridReader, vtkXMLStructuredGridReader

READERS = {"vtr": vtkXMLRectilinearGridReader, "vts": vtkXMLStructuredGridReader, "vtp": vtkXMLPolyDataReader}


def read(name):
    reader = READERS[name[-3:]]()
    reader.SetFileName(name)
    reader.Update()
    assert reader.GetErrorCode() == 0, name
    return reader.GetOutput()


def arrays(data):
    return {data.GetArrayName(k): vtk_to_numpy(data.GetArray(k)) for k in range(data.GetNumberOfArrays())}


def sizes(grid):
    """Lengths of lines, areas of polygons, volumes of solids, as VTK reckons them."""
    sizer = vtkCellSizeFilter()
    sizer.SetInputData(grid)
    sizer.Update()
    return arrays(sizer.GetOutput().GetCellData())[["VertexCount", "Length", "Area", "Volume"][grid.GetCell(0).GetCellDimension()]]


def centers(grid):
    filter = vtkCellCenters()
    filter.SetInputData(grid)
    filter.Update()
    return vtk_to_numpy(filter.GetOutput().GetPoints().GetData())


def series(name):
    """Times and files of a .pvd."""
    return [(float(e.get("timestep")), name.rsplit("/", 1)[0] + "/" + e.get("file")) for e in ET.parse(name).iter("DataSet")]


def fields(grid):
    """What the cells of a grid have, and what they say together."""
    cells = arrays(grid.GetCellData())
    found = {"kind": grid.GetClassName(), "points": grid.GetDimensions(), "arrays": sorted(cells)}
    if "volume" in cells:
        ratio = sizes(grid) / cells["volume"]
        found["sizes"] = [ratio.min(), ratio.max()]
    if "rho" in cells:
        mass = cells["rho"] * cells["volume"]
        found["mass"], found["mean"] = mass.sum(), (mass[:, None] * centers(grid)).sum(0).tolist()
        assert np.allclose(cells["u"] * cells["invariant"], cells["rho"], rtol=1e-14, atol=0)
    if "current" in cells:
        found["flow"] = (cells["volume"][:, None] * cells["current"]).sum(0).tolist()
    if grid.IsA("vtkStructuredGrid"):
        points = vtk_to_numpy(grid.GetPoints().GetData()).reshape(grid.GetDimensions()[::-1] + (3,))
        # from the end to the beginning of the axis z, y or x of the grid
        found["seams"] = [abs(np.take(points, 0, k) - np.take(points, -1, k)).max() for k in (2, 1, 0)]
    return found


for name in sys.argv[1:]:
    files = series(name) if name.endswith(".pvd") else [(None, name)]
    time, file = files[len(files) // 2]
    data = read(file)
    whole = arrays(data.GetFieldData())
    assert time is None or whole["TimeValue"] == [time], whole
    if data.IsA("vtkPolyData"):
        points = vtk_to_numpy(data.GetPoints().GetData())
        found = {"kind": data.GetClassName(), "mean": points.mean(0).tolist(), "points": list(points.shape),
                 "vertices": data.GetVerts().GetNumberOfConnectivityIds()}
    else:
        found = fields(data)
    print(json.dumps({"times": [t for t, _ in files], "whole": {k: v.tolist() for k, v in whole.items()}, **found}))
